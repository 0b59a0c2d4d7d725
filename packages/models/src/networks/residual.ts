// A small residual network for images of 32 to 96 pixels: a strided stem, then stages of blocks. A block is two
// 3x3 convolutions whose output is added to the block's input (through a 1x1 convolution where sizes change).
// Source: He et al., Deep Residual Learning for Image Recognition (2015), with batch normalization after each convolution.

import * as tfl from '@tensorflow/tfjs-layers';
import type { Network } from './network.ts';
import { classifier, type LayerRow, layerOf } from './table.ts';

interface Stage {
  readonly filters: number;
  readonly blocks: number;
  /** Stride of the stage's first block. */
  readonly strides: number;
}

const STEM: readonly LayerRow[] = [
  { layer: 'conv', filters: 16, kernelSize: 3, strides: 2, padding: 'same', useBias: false },
  { layer: 'norm' },
  { layer: 'relu' },
];

const STAGES: readonly Stage[] = [
  { filters: 16, blocks: 1, strides: 1 },
  { filters: 32, blocks: 1, strides: 2 },
  { filters: 64, blocks: 1, strides: 2 },
];

const HEAD: readonly LayerRow[] = [{ layer: 'averagePool' }, { layer: 'dropout', rate: 0.3 }];

export const residual: Network = (inputShape, classes) => {
  const input = tfl.input({ name: 'input', shape: [...inputShape] });
  const chain = (rows: readonly LayerRow[], prefix: string, from: tfl.SymbolicTensor) =>
    rows.reduce(
      (x, row, i) => layerOf(row, `${prefix}_${row.layer}${i + 1}`).apply(x) as tfl.SymbolicTensor,
      from,
    );
  let x = chain(STEM, 'stem', input);
  STAGES.forEach(({ filters, blocks, strides }, s) => {
    for (let b = 0; b < blocks; b++) {
      const name = `stage${s + 1}_block${b + 1}`;
      x = block(x, filters, b === 0 ? strides : 1, name, chain);
    }
  });
  const output = classifier(classes).apply(chain(HEAD, 'head', x)) as tfl.SymbolicTensor;
  return tfl.model({ name: 'residual', inputs: input, outputs: output });
};

type Chain = (rows: readonly LayerRow[], prefix: string, from: tfl.SymbolicTensor) => tfl.SymbolicTensor;

function block(
  x: tfl.SymbolicTensor,
  filters: number,
  strides: number,
  name: string,
  chain: Chain,
): tfl.SymbolicTensor {
  const conv = { layer: 'conv', filters, kernelSize: 3, padding: 'same', useBias: false } as const;
  const rows: LayerRow[] = [
    { ...conv, strides },
    { layer: 'norm' },
    { layer: 'relu' },
    conv,
    { layer: 'norm' },
  ];
  const same = strides === 1 && x.shape.at(-1) === filters;
  const shortcut: LayerRow[] = same ? [] : [{ ...conv, kernelSize: 1, strides }, { layer: 'norm' }];
  const sum = tfl.layers
    .add({ name: `${name}_add` })
    .apply([chain(rows, name, x), chain(shortcut, `${name}_shortcut`, x)]) as tfl.SymbolicTensor;
  return chain([{ layer: 'relu' }], `${name}_out`, sum);
}
