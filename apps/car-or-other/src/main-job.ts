/**
 * The experiments that `npm run train` trains when none is named: each is a task of turbo's, so that it is found in
 * turbo's cache. src/main-job.test.ts compares them with the configuration, package.json and turbo.json. All others of
 * the configuration are trained by their name, without a task.
 */
export const mainJob = ['baseline', 'augmentation', 'vgg16-backend', 'transfer'] as const;
