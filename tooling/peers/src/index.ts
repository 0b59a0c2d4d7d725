/** The Python peers for benchmarks: their environment, their programs, and the data that both sides read. */
export { tfjsNodeArguments } from './build-tfjs-node.ts';
export { carOrOther, classes } from './car-or-other.ts';
export { places as peerPlaces } from './places.ts';
export { endWith, type ProgramOptions, runProgram } from './program.ts';
export { findPython } from './python.ts';
