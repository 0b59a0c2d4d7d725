// A TensorFlow.js backend on ONNX Runtime: importing this package registers the backend 'onnxruntime'.

import { registerOnnxRuntime } from './backend/register.ts';

export { type ErrorCode, SightlineError } from '@sightline/core';
export type { Provider } from '@sightline/ort';
export { OnnxRuntimeBackend } from './backend/backend.ts';
export { type Compiled, type CompileOptions, compile } from './compile/compile.ts';
export { fillUniform } from './compile/random-stream.ts';
export { ENGINE_NAMES, type Engine, type EngineName, type EngineOptions } from './engines/engine.ts';
export { selectEngine } from './engines/select.ts';

registerOnnxRuntime();
