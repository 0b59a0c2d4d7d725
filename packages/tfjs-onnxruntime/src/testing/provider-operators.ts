// Which of the operators that this engine uses an execution provider has at opset 18, and for which element types of
// the first input, as ONNX Runtime documents it (docs/OperatorKernels.md of its repository; for CoreML
// coreml_supported_mlprogram_ops.md). An operator that is not here falls back to cpu there.

import type { DType } from '@sightline/onnx';

type Table = Readonly<Record<string, readonly DType[]>>;

const table = (rows: readonly (readonly [types: string, operators: string])[]): Table =>
  Object.fromEntries(
    rows.flatMap(([types, operators]) =>
      operators.split(' ').map((operator) => [operator, types.split(' ') as DType[]] as const),
    ),
  );

const ANY = 'float32 int32 int64 bool';
const NUMBERS = 'float32 int32 int64';

export const OPERATORS: Readonly<Record<'cuda' | 'dml' | 'coreml', Table>> = {
  cuda: table([
    [
      ANY,
      'Cast Concat Equal Expand Gather Identity Reshape Slice Split Squeeze Transpose Unsqueeze ScatterND',
    ],
    [
      NUMBERS,
      'Abs Add CumSum Div Greater GreaterOrEqual Less LessOrEqual Max Min Mod Mul Neg Pow ReduceMax ReduceMin ReduceSum Sign Sub Tile TopK Where',
    ],
    ['float32 int32', 'ReduceMean ReduceProd'],
    ['float32 bool', 'Pad'],
    ['float32 int64 bool', 'GatherND'],
    ['float32 int64', 'Clip'],
    ['int32 int64', 'OneHot'],
    [
      'float32',
      'ArgMax ArgMin AveragePool Ceil Conv ConvTranspose Cos Einsum Elu Erf Exp Floor FusedMatMul Gemm HardSigmoid IsInf IsNaN LeakyRelu Log LogSoftmax MatMul MaxPool PRelu Reciprocal ReduceSumSquare Relu Round Selu Sigmoid Sin Softmax Softplus Sqrt Tanh',
    ],
    ['bool', 'And Not Or Xor'],
  ]),
  // Not Equal of bool; not ScatterND that adds.
  dml: table([
    [
      ANY,
      'Cast Concat Expand Gather GatherND Identity Pad Reshape Slice Split Squeeze Tile Transpose Unsqueeze Where',
    ],
    [
      NUMBERS,
      'Abs Add BitwiseAnd Clip CumSum Div Equal Greater GreaterOrEqual Less LessOrEqual Max Min Mul Neg ReduceMax ReduceMean ReduceMin ReduceProd ReduceSum ReduceSumSquare Sign Sub TopK',
    ],
    ['float32 int32', 'Mod Pow'],
    ['int32 int64', 'OneHot'],
    [
      'float32',
      'Acos Acosh ArgMax ArgMin Asin Asinh Atan Atanh AveragePool Ceil Conv ConvTranspose Cos Cosh Einsum Elu Erf Exp Floor FusedMatMul Gemm HardSigmoid IsInf IsNaN LeakyRelu Log LogSoftmax MatMul MaxPool PRelu Reciprocal Relu Round Selu Sigmoid Sin Sinh Softmax Softplus Sqrt Tan Tanh',
    ],
    ['bool', 'And Not Or Xor'],
  ]),
  // No Gather, Equal, Where or Pad; Gemm, Conv and ConvTranspose take constant kernels only, which a training step's
  // are not: a training step cannot be whole there.
  coreml: table([
    [
      'float32',
      'Add ArgMax AveragePool Cast Ceil Clip Concat Cos Div Elu Erf Exp GatherND HardSigmoid Identity LeakyRelu MatMul Max MaxPool Mul PRelu Pow Reciprocal ReduceMax ReduceMean ReduceSum Relu Reshape Round Sigmoid Sin Slice Softmax Softplus Split Sqrt Squeeze Sub Tanh Tile Transpose Unsqueeze',
    ],
  ]),
};
