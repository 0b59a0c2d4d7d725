/** The run folder: its schema, `.npy` arrays, history, predictions and checkpoints, written atomically. */

export { type ErrorCode, SightlineError } from '@sightline/core';
export { writeFileAtomic, writeFileAtomicBeside, writeJson } from '@sightline/core/files';
export * from './artifact-schema.ts';
export * from './check-folder.ts';
export * from './checkpoint.ts';
export { type FeatureSource, FeatureStore, type FeatureStoreOptions } from './feature-store.ts';
export * from './features.ts';
export * from './head-schema.ts';
export { readJson } from './json.ts';
export { readJsonLines, toJsonLines } from './json-lines.ts';
export * from './metrics-schema.ts';
export * from './npy.ts';
export { type NpyWriter, openNpyWriter } from './npy-writer.ts';
export * from './run-reader.ts';
export * from './run-writer.ts';
export * from './schema.ts';
export { isOfEarlierVersion } from './upgrade.ts';
