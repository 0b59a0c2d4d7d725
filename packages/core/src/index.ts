/** What every package shares, without Node: errors, reasons, seeds, numbers and lists in words. Files are in `./files`. */
export * from './error.ts';
export * from './random.ts';
export * from './reason.ts';
export * from './words.ts';
