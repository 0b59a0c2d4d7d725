/** What every package shares, without Node: errors, reasons, seeds, half precision, numbers and lists in words. Files are in `./files`. */
export * from './error.ts';
export * from './float16.ts';
export * from './plain-paths.ts';
export * from './random.ts';
export * from './reason.ts';
export * from './words.ts';
