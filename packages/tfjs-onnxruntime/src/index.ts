// A TensorFlow.js backend on ONNX Runtime: importing this package registers the backend 'onnxruntime'.

import { registerOnnxRuntime } from './backend/register.ts';

export { type ErrorCode, SightlineError } from '@sightline/core';
export type { Provider } from '@sightline/ort';
export { OnnxRuntimeBackend, type SessionMemory } from './backend/backend.ts';
export { useOnnxRuntime } from './backend/use.ts';
export { type Compiled, type CompileOptions, compile } from './compile/compile.ts';
export { fillUniform } from './compile/random-stream.ts';
export type { Step } from './compile/trace.ts';

registerOnnxRuntime();
