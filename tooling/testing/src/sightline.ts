// The command line in a process of its own, as a person runs it.

import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';

// By its file, not as a dependency: the site is one of the command's own, and turbo takes no circles.
const SOURCES = new URL('../../../packages/sightline/src/', import.meta.url);
const MAIN = fileURLToPath(new URL('main.ts', SOURCES));
const CLI = new URL('cli/sightline.ts', SOURCES).href;
const IN_TURN = fileURLToPath(new URL('in-turn.ts', import.meta.url));

export interface Finished {
  code: number | null;
  stdout: string;
  stderr: string;
}

/** Runs `sightline ARGS` in `cwd`. Meanwhile `watch` is called again and again, and may interrupt it. */
export function sightline(
  cwd: string,
  args: readonly string[],
  watch?: (interrupt: () => void) => void,
): Promise<Finished> {
  return node(cwd, [MAIN, ...args], watch);
}

export interface Command {
  cwd: string;
  args: readonly string[];
  /** The exit codes that it may end with. */
  codes: readonly number[];
}

/** Runs one command after the other in one process. Throws where one ends otherwise. */
export async function sightlineInTurn(commands: readonly Command[]): Promise<void> {
  const { code, stderr } = await node(process.cwd(), [IN_TURN, CLI, JSON.stringify(commands)]);
  if (code !== 0) throw new Error(stderr);
}

function node(
  cwd: string,
  args: readonly string[],
  watch?: (interrupt: () => void) => void,
): Promise<Finished> {
  return new Promise((finished, failed) => {
    const child = spawn(process.execPath, ['--conditions=@sightline/source', ...args], {
      cwd,
      env: { ...process.env, NO_COLOR: '1' },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const caught = { stdout: '', stderr: '' };
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].on('data', (text) => {
        caught[name] += text;
      });
    }
    const timer = watch && setInterval(() => watch(() => child.kill('SIGINT')), 10);
    child.on('error', failed);
    child.on('close', (code) => {
      clearInterval(timer);
      finished({ code, ...caught });
    });
  });
}
