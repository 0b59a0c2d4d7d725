/** Execution providers by name, in the order in which they are tried. */

export const PROVIDERS = ['cuda', 'webgpu', 'coreml', 'dml', 'cpu'] as const;

export type Provider = (typeof PROVIDERS)[number];
