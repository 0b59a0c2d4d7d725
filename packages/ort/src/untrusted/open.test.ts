// What a file of a stranger can do to the process that opens it: nothing but an error.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isAlive } from '@sightline/core/process';
import { encodeModel, GraphBuilder, op } from '@sightline/onnx';
import { afterAll, expect, test } from 'vitest';
import { openUntrusted } from '../index.ts';

const folder = mkdtempSync(join(tmpdir(), 'untrusted-'));
afterAll(() => rmSync(folder, { recursive: true }));

function file(name: string, graph: (g: GraphBuilder) => void): string {
  const g = new GraphBuilder(name);
  graph(g);
  const path = join(folder, `${name}.onnx`);
  writeFileSync(path, encodeModel(g.build({ metadata: { made: 'here' } })));
  return path;
}

/** Sums of rows, scaled: y = 2 x + 1 by two operators that pass values on. */
const small = file('small', (g) => {
  const x = g.input('x', 'float32', ['N', 3]);
  const scaled = op.add(g, op.mul(g, x, g.float(2)), g.float(1));
  g.output('y', op.reshape(g, op.softmax(g, scaled, 1), ['N', 3]));
});

/** Hundreds of products of large matrices, from one number: minutes of work in one run. */
const slow = file('slow', (g) => {
  const x = g.input('x', 'float32', [1, 1]);
  let y = op.expand(g, x, [3000, 3000]);
  for (let i = 0; i < 500; i++) y = op.matMul(g, y, y);
  g.output('y', y);
});

/** 1.2 GB from one number. */
const large = file('large', (g) => {
  const x = g.input('x', 'float32', [1, 1]);
  g.output('y', op.relu(g, op.expand(g, x, [1000, 300_000])));
});

const number = { data: Float32Array.of(1), dtype: 'float32', shape: [1, 1] } as const;

async function hasEnded(pid: number): Promise<void> {
  while (isAlive(pid)) await new Promise((resolve) => setTimeout(resolve, 20));
}

test('a file is described and run, one request after the other', async () => {
  const session = await openUntrusted(small);
  expect(session.model).toEqual({
    metadata: { made: 'here' },
    inputs: [{ name: 'x', dtype: 'float32', shape: ['N', 3] }],
    outputs: [{ name: 'y', dtype: 'float32', shape: ['N', 3], operator: 'Softmax' }],
  });
  // A part of a larger array, as batches are.
  const data = Float32Array.of(9, 0, 0, Math.log(2) / 2, 9).subarray(1, 4);
  const run = () => session.run({ x: { data, dtype: 'float32', shape: [1, 3] } }, 'y');
  for (const { data: found, dtype, shape } of await Promise.all([run(), run()])) {
    expect([dtype, shape]).toEqual(['float32', [1, 3]]);
    expect([...found]).toEqual([1 / 4, 1 / 4, 1 / 2].map((p) => expect.closeTo(p, 6)));
  }
  const wrong = session.run({ x: { data, dtype: 'float32', shape: [3, 1] } }, 'y');
  await expect(wrong).rejects.toMatchObject({
    code: 'runtime',
    message: expect.stringMatching(/^ONNX Runtime/),
  });
  await expect(run()).resolves.toBeDefined();
  session.dispose();
  session.dispose();
  await expect(run()).rejects.toThrow(/small\.onnx was released/);
  await hasEnded(session.pid);
});

test('a file that is damaged, missing or refused is named', async () => {
  const path = join(folder, 'damaged.onnx');
  writeFileSync(path, 'not a model');
  await expect(openUntrusted(path)).rejects.toMatchObject({
    code: 'decode',
    message: expect.stringMatching(/damaged\.onnx is not a whole ONNX model/),
  });
  await expect(openUntrusted(join(folder, 'none.onnx'))).rejects.toMatchObject({ code: 'missing' });
  const wrong = file('wrong', (g) => {
    const x = g.input('x', 'float32', ['N', 3]);
    g.output('y', g.add('Conv', { inputs: [x], outputs: [{ dtype: 'float32', shape: ['N'] }] })[0]!);
  });
  await expect(openUntrusted(wrong)).rejects.toMatchObject({
    code: 'runtime',
    message: expect.stringMatching(/^ONNX Runtime refused .*wrong\.onnx: ./),
  });
});

test('a crash is an error', async () => {
  const session = await openUntrusted(slow);
  const running = session.run({ x: number }, 'y');
  process.kill(session.pid, 'SIGSEGV');
  await expect(running).rejects.toMatchObject({
    code: 'runtime',
    message: expect.stringMatching(/slow\.onnx made ONNX Runtime end its process \(SIGSEGV\)/),
  });
  await expect(session.run({ x: number }, 'y')).rejects.toThrow(/SIGSEGV/);
});

test('what takes too long to open or to run is ended', async () => {
  await expect(openUntrusted(small, { openSeconds: 0.001 })).rejects.toThrow(/did not open within/);
  const session = await openUntrusted(slow, { runSeconds: 0.1 });
  await expect(session.run({ x: number }, 'y')).rejects.toThrow(/slow\.onnx did not run within 0\.10 s/);
  await hasEnded(session.pid);
});

test('what takes too much memory is ended', async () => {
  const session = await openUntrusted(large, { memory: 5e8 });
  await expect(session.run({ x: number }, 'y')).rejects.toThrow(
    /large\.onnx takes more than 500 MB of memory/,
  );
});

test('a run that is stopped by its signal ends the process', async () => {
  const session = await openUntrusted(slow);
  const controller = new AbortController();
  const running = session.run({ x: number }, 'y', controller.signal);
  setTimeout(() => controller.abort(new Error('enough')), 50);
  await expect(running).rejects.toThrow('enough');
  await hasEnded(session.pid);
});

test('the process ends with the one that started it, though it is in the middle of a run', async () => {
  const code = `const { openUntrusted } = await import(${JSON.stringify(new URL('./open.ts', import.meta.url).href)});
    const session = await openUntrusted(${JSON.stringify(slow)});
    const running = session.run({ x: { data: Float32Array.of(1), dtype: 'float32', shape: [1, 1] } }, 'y');
    setTimeout(() => console.log(session.pid), 100);
    await running;`;
  const source = '--conditions=@sightline/source';
  const parent: ChildProcess = spawn(process.execPath, [source, '--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  try {
    const [printed] = await once(parent.stdout!, 'data');
    const pid = Number(String(printed));
    expect(isAlive(pid)).toBe(true);
    parent.kill('SIGKILL');
    await hasEnded(pid);
  } finally {
    parent.kill('SIGKILL');
  }
});
