import { float32ToFloat16 } from '@sightline/core';
import { DTYPES } from '../dtype.ts';
import type { Initializer, Model, Node } from '../model.ts';
import { int } from '../op/attribute.ts';
import { indexOf, nodeOf } from './rewrite.ts';

/** Smaller constants (scales, means, limits) would save nothing. */
const FEWEST = 64;
/** The largest finite number of half precision. */
const LARGEST = 65_504;

/**
 * A model with its weights in float16, cast to float32 where they are used: half as large, and float32 arithmetic, which
 * every runtime has. (Half-precision arithmetic on a CPU is emulated or missing.) The steps of quantized values stay as
 * they are.
 */
export function halfWeights(model: Model): Model {
  const { graph } = model;
  const { consumers } = indexOf(graph);
  const isStep = (name: string) =>
    consumers.get(name)?.some(({ opType }) => opType === 'QuantizeLinear' || opType === 'DequantizeLinear');
  const casts: Node[] = [];
  const initializers = graph.initializers.map((constant): Initializer => {
    const { name, data, shape } = constant;
    const isWeights = data instanceof Float32Array && data.length > FEWEST && !isStep(name);
    if (!isWeights || data.some((value) => Math.abs(value) > LARGEST)) return constant;
    const half = `${name}/float16`;
    casts.push(nodeOf('Cast', [half], name, { to: int(DTYPES.float32.code) }));
    return { name: half, dtype: 'float16', shape, data: float32ToFloat16(data) };
  });
  return { ...model, graph: { ...graph, nodes: [...casts, ...graph.nodes], initializers } };
}
