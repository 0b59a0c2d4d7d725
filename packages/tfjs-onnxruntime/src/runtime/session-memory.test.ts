import { GraphBuilder, op } from '@sightline/onnx';
import * as tf from '@tensorflow/tfjs-core';
import { describe, expect, it } from 'vitest';
import { compile, type SessionMemory } from '../index.ts';
import { BUDGETS, workingBytes } from './graph-session.ts';
import { SessionCache } from './session-cache.ts';

describe('the session cache', () => {
  const made = (bytes: number, released: string[], key: string) => () => ({
    session: { bytes, dispose: () => void released.push(key) },
    inputs: [],
  });
  const cacheOf = (limits: { sessions?: number; bytes?: number; bytesUsedOnce?: number }) => {
    const released: string[] = [];
    const cache = new SessionCache({ sessions: 100, bytes: 1000, bytesUsedOnce: 1000, ...limits });
    const use = (key: string, bytes = 10) => cache.get(key, made(bytes, released, key));
    return { cache, released, use };
  };

  it('releases the session used longest ago when there are too many', () => {
    const { cache, released, use } = cacheOf({ sessions: 2 });
    for (const key of ['a', 'b', 'c']) use(key);
    expect(released).toEqual(['a']);
    expect(cache.size).toBe(2);
  });

  it('releases sessions that were used once before those used again', () => {
    const { released, use } = cacheOf({ bytesUsedOnce: 30 });
    for (const key of ['kept', 'kept', 'a', 'b', 'c', 'd', 'e']) use(key);
    expect(released).toEqual(['a', 'b']);
    use('kept');
    expect(released).not.toContain('kept');
  });

  it('releases large ones that were used once', () => {
    const { cache, released, use } = cacheOf({});
    use('small', 10);
    for (const key of ['large', 'large again', 'large again']) use(key, 200);
    cache.releaseUsedOnce(100);
    expect(released).toEqual(['large']);
    expect(cache.size).toBe(2);
  });

  it('holds a number of bytes in all, and the newest session whatever it holds', () => {
    const { cache, released, use } = cacheOf({ bytes: 50 });
    for (const key of ['a', 'a', 'b', 'b']) use(key, 20);
    use('huge', 200);
    expect(released).toEqual(['a', 'b']);
    expect(cache.size).toBe(1);
    use('small', 10);
    expect(released).toEqual(['a', 'b', 'huge']);
  });
});

describe('what a session holds', () => {
  it('is the most that values take at once, each freed after its last reader', () => {
    const g = new GraphBuilder('chain');
    const x = g.input('x', 'float32', [100]);
    // 400 bytes each. While the sum is computed there are the square (in another shape), the negative and the sum.
    const square = op.reshape(g, op.mul(g, x, x), [10, 10]);
    const root = op.sqrt(g, square);
    g.output('y', op.add(g, op.neg(g, root), square));
    const model = g.build();
    expect(workingBytes(model, [...g.values, ...g.outputs])).toBe(3 * 400);
  });

  it('stands in tf.memory()', async () => {
    await tf.setBackend('onnxruntime');
    const memory = () => tf.memory() as tf.MemoryInfo & SessionMemory;
    const before = memory();
    const step = compile((x: tf.Tensor) => tf.sqrt(tf.mul(x, x)), { traceFirst: true });
    const size = 2 ** 16;
    step(tf.ones([size]));
    const { numSessions, numBytesInSessions } = memory();
    expect(numSessions).toBe(before.numSessions + 1);
    // Its arena holds a product of that many floats.
    expect(numBytesInSessions - before.numBytesInSessions).toBeGreaterThan(4 * size);
    step.dispose();
    expect(memory()).toMatchObject({
      numSessions: before.numSessions,
      numBytesInSessions: before.numBytesInSessions,
    });
  });
});

it('a thousand programs of other shapes take less than 500 MB, and their sessions what is left to those used once', async () => {
  await tf.setBackend('onnxruntime');
  const bytes = () => (tf.memory() as tf.MemoryInfo & SessionMemory).numBytesInSessions;
  const before = { resident: process.memoryUsage().rss, sessions: bytes() };
  let most = 0;
  for (let size = 1; size <= 1000; size++) {
    tf.tidy(() => {
      // Enough nodes that as many sessions as are kept would hold more.
      let x: tf.Tensor = tf.ones([size, 3]);
      for (let i = 0; i < 32; i++) x = tf.tanh(x);
      x.dataSync();
    });
    most = Math.max(most, bytes() - before.sessions);
  }
  expect(most).toBeGreaterThan(BUDGETS.eager.bytesUsedOnce / 2);
  expect(most).toBeLessThanOrEqual(BUDGETS.eager.bytesUsedOnce + before.sessions);
  expect(process.memoryUsage().rss - before.resident).toBeLessThan(500 * 2 ** 20);
});
