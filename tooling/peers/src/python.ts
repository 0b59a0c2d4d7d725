// The Python that the peers run in: a virtual environment in the repository, made once from requirements.txt and
// again when that changes. SIGHTLINE_PYTHON names one that exists instead, with the same packages.

import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { places } from './places.ts';
import { runProgram } from './program.ts';

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
  await runProgram(windows ? 'python' : 'python3', ['-m', 'venv', places.environment]);
  await runProgram(python, ['-m', 'pip', 'install', '--quiet', '-r', places.requirements]);
  await writeFile(stamp, wanted);
  return python;
}
