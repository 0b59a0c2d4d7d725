// What an ONNX file may hold that ONNX Runtime is to open. Its parser and its kernels are native code, written for files
// that one has made oneself: a chain of local functions, for one, overflows its stack. So a file of unknown origin goes
// through here first, and only what image classifiers need is let in.

import { listed, SightlineError, shown } from '@sightline/core';
import type { Graph, Model, Node } from './model.ts';
import { decodeModel } from './wire/decode.ts';

/** The largest networks for images have some thousands, quantized ones three times as many. */
const MOST_NODES = 50_000;

/** What marks ONNX Runtime's own format, at byte 4: it would read a file by that and not as ONNX, whatever else it is. */
const ORT_FORMAT = 'ORTM';

/**
 * Operators of ONNX itself (domains '' and ai.onnx) that networks for images are made of. Left out: loops, whose
 * time nothing bounds; text, sound, sequences, random numbers, recurrent networks, boxes and losses.
 * Operators of other domains are left out whole: those of ONNX Runtime (com.microsoft) had several faults in what they
 * do with weights when they are loaded, and those of scikit-learn (ai.onnx.ml) take no images.
 */
const OPERATORS: ReadonlySet<string> = new Set(
  `Abs Acos Acosh Add And ArgMax ArgMin Asin Asinh Atan Atanh Attention AveragePool BatchNormalization Cast CastLike Ceil Celu
  Clip Compress Concat Constant ConstantOfShape Conv ConvInteger ConvTranspose Cos Cosh CumSum DepthToSpace
  DequantizeLinear Div Dropout DynamicQuantizeLinear Einsum Elu Equal Erf Exp Expand EyeLike Flatten Floor Gather
  GatherElements GatherND Gelu Gemm GlobalAveragePool GlobalLpPool GlobalMaxPool Greater GreaterOrEqual
  GroupNormalization HardSigmoid HardSwish Hardmax Identity If InstanceNormalization IsInf IsNaN LRN
  LayerNormalization LeakyRelu Less LessOrEqual Log LogSoftmax LpNormalization LpPool MatMul MatMulInteger Max MaxPool
  Mean MeanVarianceNormalization Min Mish Mod Mul Neg NonZero Not OneHot Or PRelu Pad Pow QLinearConv QLinearMatMul
  QuantizeLinear RMSNormalization Range Reciprocal ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ReduceMax ReduceMean
  ReduceMin ReduceProd ReduceSum ReduceSumSquare Relu Reshape Resize Round ScatterElements ScatterND Selu Shape Shrink
  Sigmoid Sign Sin Sinh Size Slice Softmax Softplus Softsign SpaceToDepth Split Sqrt Squeeze Sub Sum Swish Tan Tanh
  ThresholdedRelu Tile TopK Transpose Trilu Unsqueeze Upsample Where Xor`.split(/\s+/),
);

/**
 * Reads an `.onnx` file of unknown origin, before ONNX Runtime does.
 *
 * @param where what messages call it: its path
 * @throws SightlineError `decode` if the bytes are no whole model, `unsupported` or `dtype` for one that holds more than
 *   classifiers of images need
 */
export function readUntrusted(bytes: Uint8Array, where = 'The ONNX file'): Model {
  if (String.fromCharCode(...bytes.subarray(4, 8)) === ORT_FORMAT) {
    throw new SightlineError('unsupported', `${where} is in ONNX Runtime's own format: give the .onnx file.`);
  }
  const model = decodeModel(bytes, where);
  const nodes = nodesOf(model.graph);
  if (nodes.length > MOST_NODES) {
    throw new SightlineError(
      'unsupported',
      `${where} has ${nodes.length} nodes: at most ${MOST_NODES} are read.`,
    );
  }
  const others = [...new Set(nodes.filter((node) => !isKnown(node)).map(fullName))];
  if (others.length > 0) {
    const what = others.length === 1 ? 'the operator' : 'the operators';
    throw new SightlineError(
      'unsupported',
      `${where} has ${what} ${listed(others.slice(0, 5).map(shown))}, which image classifiers of ONNX do without.`,
      { hint: 'Export it again with the operators of ONNX itself; a quantized model in the format QDQ.' },
    );
  }
  return model;
}

const isKnown = ({ domain, opType }: Node): boolean =>
  (domain === '' || domain === 'ai.onnx') && OPERATORS.has(opType);

const fullName = ({ domain, opType }: Node): string => (domain === '' ? opType : `${domain}.${opType}`);

/** All nodes, with those of graphs in attributes. */
function nodesOf({ nodes }: Graph): Node[] {
  return nodes.flatMap((node) => {
    const graphs = Object.values(node.attributes).filter(({ kind }) => kind === 'graph');
    return [node, ...graphs.flatMap(({ value }) => nodesOf(value as Graph))];
  });
}
