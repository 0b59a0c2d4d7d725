// What is bundled: the engines and TensorFlow.js' own op tests. `ENGINE` names the engine under test.

import '@tensorflow/tfjs-backend-cpu';
import { type EngineName, selectEngine } from '@sightline/models/engines';
import * as tf from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops.js';
import { setTestEnvs } from '@tensorflow/tfjs-core/dist/jasmine_util.js';

const { note } = await selectEngine((process.env.ENGINE ?? 'onnxruntime') as EngineName);
console.log(note);
const backendName = tf.getBackend();
setTestEnvs([{ name: backendName, backendName, flags: {}, isDataSync: true }]);

// The tests register when they are imported, which must come after the environments are set.
await import('@tensorflow/tfjs-core/dist/tests.js');
