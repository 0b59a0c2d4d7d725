/** The run folder: its schema, `.npy` arrays, history, predictions and checkpoints, written atomically. */
export * from './artifact-schema.ts';
export * from './error.ts';
export * from './schema.ts';
