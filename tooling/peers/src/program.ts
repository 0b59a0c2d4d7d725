// Programs that run to their end: others', and these tools themselves.

import { spawn } from 'node:child_process';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { SightlineError } from '@sightline/core';

export interface ProgramOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
}

/** What the program printed on stdout. Throws SightlineError, with the end of its stderr, where it fails. */
export async function runProgram(
  command: string,
  args: readonly string[],
  { env = process.env, cwd }: ProgramOptions = {},
): Promise<string> {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], env, ...(cwd ? { cwd } : {}) });
  let [printed, said] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-4000);
  });
  const code = await new Promise<number | string | null>((resolve, reject) => {
    child.on('error', (cause) =>
      reject(new SightlineError('program', `${command} could not be started: ${cause.message}.`, { cause })),
    );
    child.on('close', (code, signal) => resolve(signal ?? code));
  });
  if (code === 0) return printed;
  throw new SightlineError('program', `${command} ${args.join(' ')} failed (${code}):\n${said.trim()}`);
}

/** Installs packages of npm into a folder of their own, which a project around it has nothing to do with. */
export async function npmInstall(folder: string, packages: readonly string[]): Promise<void> {
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), '{ "private": true }\n');
  const npm = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  await runProgram(npm, ['install', '--ignore-scripts', '--no-audit', '--no-fund', ...packages], {
    cwd: folder,
  });
}

/** Runs `main` as this process, which ends with the code that it gives, or with the sentence of a SightlineError and 1. */
export async function endWith(main: () => Promise<number>): Promise<void> {
  try {
    process.exitCode = await main();
  } catch (error) {
    if (!(error instanceof SightlineError)) throw error;
    console.error(error.message);
    process.exitCode = 1;
  }
}
