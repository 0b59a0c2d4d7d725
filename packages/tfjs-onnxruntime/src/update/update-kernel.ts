// An update kernel computes the new values of some variables of one shape from their old ones and their gradients,
// element by element: what an optimizer does with a weight, its momentum and its velocity. ONNX Runtime would pass over
// memory once for each of its dozen operators; a kernel passes once.

/** Operators by TensorFlow.js' kernel names, with the number of their operands. */
export const OPERANDS = {
  Abs: 1,
  Add: 2,
  Maximum: 2,
  Minimum: 2,
  Multiply: 2,
  Neg: 1,
  RealDiv: 2,
  Reciprocal: 1,
  Rsqrt: 1,
  Sqrt: 1,
  Square: 1,
  SquaredDifference: 2,
  Sub: 2,
} as const satisfies Record<string, 1 | 2>;

export type UpdateOperator = keyof typeof OPERANDS;

export const isUpdateOperator = (kernel: string): kernel is UpdateOperator => kernel in OPERANDS;

/** Operands: an array's or a scalar's position among the kernel's, a number, or the result of an instruction. */
export type Operand =
  | { readonly array: number }
  | { readonly scalar: number }
  | { readonly number: number }
  | { readonly result: number };

export interface Instruction {
  readonly operator: UpdateOperator;
  readonly operands: readonly Operand[];
}

export interface UpdateKernel {
  readonly arrays: number;
  readonly scalars: number;
  readonly instructions: readonly Instruction[];
  /** Which result each array takes, if it is written. All arrays are read before any is written. */
  readonly stores: readonly { readonly array: number; readonly operand: Operand }[];
}

const SIGNS: Partial<Record<UpdateOperator, string>> = { Add: '+', Multiply: '*', RealDiv: '/', Sub: '-' };

/** The kernel as assignments: 'a1 = a1 * 0.9 + a3 * 0.1'. */
export function printKernel({ instructions, stores }: UpdateKernel): string {
  const show = (operand: Operand, nested = false): string => {
    if ('array' in operand) return `a${operand.array}`;
    if ('scalar' in operand) return `s${operand.scalar}`;
    if ('number' in operand) return `${operand.number}`;
    const { operator, operands } = instructions[operand.result]!;
    const sign = SIGNS[operator];
    if (!sign) return `${operator}(${operands.map((o) => show(o)).join(', ')})`;
    const text = operands.map((o) => show(o, true)).join(` ${sign} `);
    return nested ? `(${text})` : text;
  };
  return stores.map(({ array, operand }) => `a${array} = ${show(operand)}`).join('; ');
}
