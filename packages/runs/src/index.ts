// The run folder: its schema, .npy arrays, history, predictions and checkpoints, written atomically.
export {};
