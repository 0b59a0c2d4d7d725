// For tests: generated photographs, and one small real run of each kind, made once per test run.

export { oncePerTestRun } from './once.ts';
export { type PhotographOptions, writePhotographs } from './photographs.ts';
export { type RealRuns, realRuns } from './real-runs.ts';
export { sightline } from './sightline.ts';
