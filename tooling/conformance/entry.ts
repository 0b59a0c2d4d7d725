// What is bundled: the engine under test and TensorFlow.js' own op tests. `ENGINE` picks the backend.

import '@tensorflow/tfjs-backend-cpu';
import '@sightline/tfjs-onnxruntime';
import '@tensorflow/tfjs-core/dist/register_all_gradients.js';
import '@tensorflow/tfjs-core/dist/public/chained_ops/register_all_chained_ops.js';
import { setTestEnvs } from '@tensorflow/tfjs-core/dist/jasmine_util.js';

const backendName = process.env.ENGINE ?? 'onnxruntime';
setTestEnvs([{ name: backendName, backendName, flags: {}, isDataSync: true }]);

// The tests register when they are imported, which must come after the environments are set.
await import('@tensorflow/tfjs-core/dist/tests.js');
