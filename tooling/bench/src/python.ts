// The Python that the peers run in: a virtual environment in the repository, made once from requirements.txt and
// again when that changes. SIGHTLINE_PYTHON names one that exists instead, with the same packages.

import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BenchError } from './error.ts';
import { places } from './places.ts';

/** The path of the environment's interpreter, after making the environment if need be. */
export async function findPython(): Promise<string> {
  const own = process.env.SIGHTLINE_PYTHON;
  if (own) return own;
  const windows = process.platform === 'win32';
  const python = join(places.environment, windows ? 'Scripts/python.exe' : 'bin/python');
  const stamp = join(places.environment, 'requirements.txt');
  const wanted = await readFile(places.requirements, 'utf8');
  if (existsSync(stamp) && (await readFile(stamp, 'utf8')) === wanted) return python;

  console.error('Making the Python environment of the peers: TensorFlow is a large download.');
  await rm(places.environment, { recursive: true, force: true });
  await mkdir(places.environment, { recursive: true });
  await runPython(windows ? 'python' : 'python3', ['-m', 'venv', places.environment]);
  await runPython(python, ['-m', 'pip', 'install', '--quiet', '-r', places.requirements]);
  await writeFile(stamp, wanted);
  return python;
}

/** Runs a Python program to its end and gives what it printed. Throws BenchError with the end of its stderr. */
export async function runPython(python: string, args: readonly string[]): Promise<string> {
  const child = spawn(python, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let [printed, said] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    printed += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-4000);
  });
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', (cause) =>
      reject(
        new BenchError('python', `Python 3.10 or later is needed, but ${python} could not be started.`, {
          cause,
        }),
      ),
    );
    child.on('close', resolve);
  });
  if (code !== 0) {
    throw new BenchError('python', `${python} ${args.join(' ')} failed (exit code ${code}):\n${said.trim()}`);
  }
  return printed;
}
