/** What `sightline.config.ts` imports, and the command line as a function. */
export { type Config, defineConfig, defineExperiment, type Experiment } from './experiment/definition.ts';
export { sightline } from './sightline.ts';
