// Where what is written goes to a device that takes nothing: a disk that is full, as `/dev/full` plays it.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { writePhotographs } from '../../test/photographs.ts';

const main = fileURLToPath(new URL('../main.ts', import.meta.url));
const photos = writePhotographs({ train: 6, validation: 2 });

function sightline(redirection: string, ...args: string[]) {
  const command = ['--conditions=@sightline/source', main, ...args].map((word) => `'${word}'`).join(' ');
  return spawnSync('sh', ['-c', `'${process.execPath}' ${command} ${redirection}`], { encoding: 'utf8' });
}

const isHere = existsSync('/dev/full');

test.runIf(isHere).each([['check', photos], ['check', photos, '--json'], ['--version'], ['train', '--help']])(
  'standard output: %s',
  (...args) => {
    const { status, stderr } = sightline('> /dev/full', ...args);
    expect(status).toBe(1);
    expect(stderr).toContain('Could not write to standard output: the disk is full.\n');
    expect(stderr).not.toMatch(/^ +at |^Next/m);
  },
);

test.runIf(isHere)('standard error: the work goes on, and its result is written', () => {
  const { status, stdout } = sightline('2> /dev/full', 'check', photos);
  expect(status).toBe(0);
  expect(stdout).toContain('16 images');
});
