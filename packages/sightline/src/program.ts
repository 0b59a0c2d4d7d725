/** What programs around the command line are made of: the tasks of a pipeline use the same settings and words. */

export { counted, decimal, duration, SightlineError } from '@sightline/core';
export { runTable } from './command/run-table.ts';
export { loadConfig } from './experiment/load-config.ts';
export { chosenExperiments, settingsOf, withEnvironment } from './experiment/settings.ts';
export { featuresOf } from './run/features.ts';
export { openInOrder } from './run/open-in-order.ts';
export { runTask } from './terminal/failure.ts';
export { type Output, openOutput } from './terminal/output.ts';
export { interruptedExitCode } from './terminal/signal.ts';
export { table } from './terminal/table.ts';
