import { encodeModel, GraphBuilder, op } from '@sightline/onnx';
import { describe, expect, it } from 'vitest';
import { Session, sessionsAlive, tensorOf } from './index.ts';
import { int8Saturates, largestProduct } from './session.ts';

/** y = max(x, 0) and z = x + x. */
function model(): Uint8Array {
  const g = new GraphBuilder('test');
  const x = g.input('x', 'float32', ['N']);
  g.output('y', op.relu(g, x));
  g.output('z', op.add(g, x, x));
  return encodeModel(g.build());
}

const x = tensorOf(Float32Array.of(-1, 2), 'float32', [2]);
const values = (data: unknown) => Array.from(data as Float32Array);

describe.each(['training', 'inference', 'int8', 'once'] as const)('a session for %s', (workload) => {
  it('computes on the calling thread, all outputs or those that are fetched', async () => {
    const session = new Session(model(), { provider: 'cpu', workload, threads: 1 });
    expect([session.inputNames, session.outputNames]).toEqual([['x'], ['y', 'z']]);
    expect(Object.entries(session.run({ x })).map(([name, { data }]) => [name, values(data)])).toEqual([
      ['y', [0, 2]],
      ['z', [-2, 4]],
    ]);
    const fetched = await session.runAsync({ x }, { z: null });
    expect(Object.keys(fetched)).toEqual(['z']);
    session.dispose();
  });
});

describe('a session', () => {
  it('fills a tensor that is passed in', () => {
    const session = new Session(model(), { provider: 'cpu' });
    const place = new Float32Array(2);
    const { y } = session.run({ x }, { y: tensorOf(place, 'float32', [2]) });
    expect([...place]).toEqual([0, 2]);
    expect(y!.data).toBe(place);
    session.dispose();
  });

  it('lets other work of the thread have its turn in runAsync', async () => {
    const session = new Session(model(), { provider: 'cpu' });
    let hadTurn = false;
    setImmediate(() => {
      hadTurn = true;
    });
    await session.runAsync({ x });
    expect(hadTurn).toBe(true);
    session.dispose();
  });

  it('is counted until it is disposed, and refuses to run afterwards', () => {
    const before = sessionsAlive();
    const session = new Session(model(), { provider: 'cpu' });
    expect(sessionsAlive()).toBe(before + 1);
    session.dispose();
    session.dispose();
    expect(sessionsAlive()).toBe(before);
    expect(() => session.run({ x })).toThrow(expect.objectContaining({ code: 'disposed' }));
  });

  it('names what ONNX Runtime refuses', () => {
    expect(() => new Session(Uint8Array.of(1, 2, 3), { provider: 'cpu' })).toThrow(
      expect.objectContaining({
        code: 'runtime',
        message: expect.stringMatching(/^ONNX Runtime refused a graph on cpu: ./),
      }),
    );
    const session = new Session(model(), { provider: 'cpu' });
    expect(() => session.run({})).toThrow(expect.objectContaining({ code: 'runtime' }));
    session.dispose();
  });
});

it('a tensor needs elements of its type', () => {
  expect(() => tensorOf(Float32Array.of(1), 'uint8', [1])).toThrow(/uint8 tensor needs elements of 1 bytes/);
});

it('in 8 bits, products are exact on every processor', () => {
  const exact = 64 * 255 * 127;
  expect(largestProduct('int8')).toBe(exact);
  // What the processor does by itself; with VNNI, as on ARM, this is exact too.
  expect(largestProduct('inference') === exact).toBe(!int8Saturates());
});
