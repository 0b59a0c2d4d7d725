/** The run folder: its schema, `.npy` arrays, history, predictions and checkpoints, written atomically. */
export * from './artifact-schema.ts';
export { readJson, writeFileAtomic, writeFileAtomicBeside, writeJson } from './atomic.ts';
export * from './check-folder.ts';
export * from './checkpoint.ts';
export * from './error.ts';
export * from './features.ts';
export * from './figures-schema.ts';
export * from './npy.ts';
export * from './run-reader.ts';
export * from './run-writer.ts';
export * from './schema.ts';
