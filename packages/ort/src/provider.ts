/** Execution providers by name. */

/** All execution providers, in the order in which inference tries them. */
export const PROVIDERS = ['cuda', 'webgpu', 'coreml', 'dml', 'cpu'] as const;

export type Provider = (typeof PROVIDERS)[number];
