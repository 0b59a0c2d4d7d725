// Event files for checks/summaries.py, which has TensorBoard read them: a `fit` with the callback, and values that are
// known beside them in `expected.json`.

import { join } from 'node:path';
import { writeJson } from '@sightline/core/files';
import * as tf from '@sightline/tfjs-onnxruntime/node';

export async function writeSummaries(folder: string): Promise<void> {
  const model = tf.sequential({ layers: [tf.layers.dense({ units: 3, inputShape: [4] })] });
  model.compile({ optimizer: 'sgd', loss: 'meanSquaredError' });
  const { history } = await model.fit(tf.ones([16, 4]), tf.zeros([16, 3]), {
    epochs: 3,
    validationSplit: 0.25,
    verbose: 0,
    callbacks: tf.node.tensorBoard(folder, { histogramFreq: 1 }),
  });
  const values = [-1, 0.5, 0.5, 2];
  const writer = tf.node.summaryFileWriter(join(folder, 'values'));
  for (const [step, value] of values.entries()) writer.scalar('value', value, step, 'A known value.');
  writer.histogram('distribution', values, 7, 3);
  writer.close();
  writeJson(join(folder, 'expected.json'), { loss: history.loss, valLoss: history.val_loss, values });
}
