// A function an operator: it checks what goes in, adds the node and gives the values that come out.

export * from './conv.ts';
export * from './elementwise.ts';
export * from './layout.ts';
export * from './matmul.ts';
export * from './quantize.ts';
export * from './reduce.ts';
