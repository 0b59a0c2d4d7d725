/** The engine `cpu`: TensorFlow.js' own backend in JavaScript. Slow, and the reference that tests compare with. */

import '@tensorflow/tfjs-backend-cpu';
import { processorName } from '@sightline/ort';
import { ready, setBackend } from '@tensorflow/tfjs-core';
import { type Driver, uncompiled } from '../engine.ts';

export const cpu: Driver = async () => {
  await setBackend('cpu');
  await ready();
  const device = processorName();
  return {
    name: 'cpu',
    provider: 'javascript',
    device,
    note: `TensorFlow.js' cpu backend in JavaScript (${device}): asked for by name.`,
    compile: uncompiled,
  };
};
