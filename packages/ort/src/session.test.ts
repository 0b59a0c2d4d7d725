import { encodeModel, GraphBuilder, op, type Value } from '@sightline/onnx';
import { describe, expect, it } from 'vitest';
import { Session, sessionsAlive, tensorOf } from './index.ts';
import { channelBlock, int8Saturates, largestProduct } from './session.ts';

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

describe.skipIf(channelBlock() === 0)('blocked maps', () => {
  const [n, side, channels, kernel] = [2, 5, 20, 3];
  const ramp = (length: number) => Float32Array.from({ length }, (_, i) => ((i * 7) % 13) - 6);
  const image = ramp(n * side * side * channels);

  /** Runs a graph of one image (N, H, W, C) to another. */
  const run = (build: (g: GraphBuilder, x: Value) => Value) => {
    const g = new GraphBuilder('blocked');
    const shape = [n, side, side, channels];
    g.output('y', build(g, g.input('x', 'float32', shape)));
    const session = new Session(encodeModel(g.build()), { provider: 'cpu' });
    const { y } = session.run({ x: tensorOf(image, 'float32', shape) });
    session.dispose();
    return { data: y!.data as Float32Array, dims: y!.dims };
  };

  it('hold the channels of a block together, and zeros behind the last', () => {
    const block = channelBlock();
    const { data, dims } = run((g, x) => op.toBlocks(g, x, block));
    const blocks = Math.ceil(channels / block);
    expect(dims).toEqual([n, blocks * block, side, side]);
    const pixels = side * side;
    const expected = Float32Array.from(data, (_, at) => {
      const channel = (Math.floor(at / (block * pixels)) % blocks) * block + (at % block);
      const pixel = Math.floor(at / block) % pixels;
      const batch = Math.floor(at / (blocks * pixels * block));
      return channel < channels ? image[(batch * pixels + pixel) * channels + channel]! : 0;
    });
    expect(data).toEqual(expected);
    expect(run((g, x) => op.fromBlocks(g, op.toBlocks(g, x, block), channels)).data).toEqual(image);
  });

  it('are convolved as others are', () => {
    const options = { strides: [2, 1], pads: [1, 1, 0, 2], dilations: [1, 2] } as const;
    const weights = ramp(kernel * kernel * channels);
    const blocked = run((g, x) => {
      const kernels = op.toBlocks(g, g.constant(weights, [1, kernel, kernel, channels]), channelBlock());
      const group = kernels.shape[1] as number;
      const w = op.reshape(g, kernels, [group, 1, kernel, kernel]);
      const y = op.conv(g, op.toBlocks(g, x, channelBlock()), w, undefined, {
        ...options,
        group,
        blocked: true,
      });
      return op.fromBlocks(g, y, channels);
    });
    const plain = run((g, x) => {
      const kernels = op.transpose(g, g.constant(weights, [kernel, kernel, channels, 1]), [2, 3, 0, 1]);
      const maps = op.transpose(g, x, [0, 3, 1, 2]);
      return op.transpose(
        g,
        op.conv(g, maps, kernels, undefined, { ...options, group: channels }),
        [0, 2, 3, 1],
      );
    });
    // Sums of nine small integers are exact.
    expect(blocked).toEqual(plain);
  });
});
