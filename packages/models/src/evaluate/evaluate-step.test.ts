// The sentence about a loss that is more than the cross-entropy.

import * as tfl from '@tensorflow/tfjs-layers';
import { expect, test } from 'vitest';
import { lossNote } from './evaluate-step.ts';

const network = (kernelRegularizer?: ReturnType<typeof tfl.regularizers.l2>) =>
  tfl.sequential({
    layers: [
      tfl.layers.dense({ units: 3, inputShape: [4] }),
      tfl.layers.dense({
        units: 2,
        activation: 'softmax',
        ...(kernelRegularizer ? { kernelRegularizer } : {}),
      }),
    ],
  });

test('a penalty of any layer is told', () => {
  expect(lossNote(network())).toBeUndefined();
  expect(lossNote(network(tfl.regularizers.l2({ l2: 0.01 })))).toMatch(/includes the network's penalty/);
});
