// Killed with SIGKILL at random moments (`SIGHTLINE_KILLS=50` kills as often) and resumed each time, a run on images ends with the bytes of one that was
// not.

import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { readRun } from '@sightline/runs';
import { afterEach, beforeEach, expect, test } from 'vitest';

const script = fileURLToPath(new URL('../testing/killable-run.ts', import.meta.url));
let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'sightline-kill-'));
});
afterEach(() => rmSync(root, { recursive: true }));

/** Runs the script; kills it after its `lines`-th line. Gives all lines that came. */
async function run(dir: string, lines = Number.POSITIVE_INFINITY): Promise<string[]> {
  const child: ChildProcess = spawn(process.execPath, ['--conditions=@sightline/source', script, dir]);
  let text = '';
  let errors = '';
  child.stderr!.on('data', (bytes) => {
    errors += String(bytes);
  });
  child.stdout!.on('data', (bytes) => {
    text += String(bytes);
    if (text.split('\n').length > lines) child.kill('SIGKILL');
  });
  const code = await new Promise((resolve) => child.on('close', (status) => resolve(status)));
  if (code !== 0 && code !== null) throw new Error(errors);
  return text.trim().split('\n');
}

const KILLS = Number(process.env.SIGHTLINE_KILLS ?? 3);

const bytes = (dir: string) => [
  readFileSync(join(dir, 'history.jsonl'), 'utf8').replaceAll(/"seconds":[^,}]+/g, ''),
  ...['model/weights.bin', 'model.onnx', 'predictions.jsonl'].map((name) =>
    createHash('sha256')
      .update(readFileSync(join(dir, name)))
      .digest('hex'),
  ),
];

test('kills at random moments change nothing', async () => {
  const whole = join(root, 'whole');
  const lines = await run(whole);
  expect(lines.at(-1)).toBe('done');
  const killed = join(root, 'killed');
  // An epoch is five steps and its own line: the moments fall in and between epochs, and on the checkpoints' writing.
  // No more than one epoch is done between two of them, so that all come before the last. The first falls into the second
  // epoch: a run killed in its first one has written nothing yet.
  const moments = Array.from({ length: KILLS }, (_, i) =>
    i === 0 ? 8 + Math.floor(Math.random() * 3) : 2 + Math.floor(Math.random() * 9),
  );
  for (const moment of moments) {
    const came = await run(killed, moment);
    expect(came).not.toContain('done');
  }
  expect(readRun(killed).run.status).toBe('interrupted');
  expect((await run(killed)).at(-1)).toBe('done');
  expect(bytes(killed), `killed after ${moments} lines`).toEqual(bytes(whole));
  expect(readRun(killed).run.status).toBe('complete');
});
