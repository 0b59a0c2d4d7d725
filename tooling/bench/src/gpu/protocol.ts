// What `npm run gpu` asks of each engine (contenders/gpu.ts), and on which networks.

import { loadNetwork } from '@sightline/models';
import { type TrainingCase, trainingCases } from '../networks.ts';

export const gpuCases = {
  ...trainingCases,
  depthwise: { network: await loadNetwork('depthwise'), shape: [64, 64, 3], batch: 64 },
} as const satisfies Record<string, TrainingCase>;

export type GpuCaseName = keyof typeof gpuCases;

export type Backbones = 'vgg16' | 'efficientnet-lite0';

interface StepRequest {
  readonly name: GpuCaseName;
  readonly batch: number;
  /** Height and width of the images, where the network takes images. */
  readonly size: number;
  readonly count: number;
}

interface Requests {
  /** `inSoftware`: a GPU in software will do. */
  readonly open: { readonly inSoftware: boolean };
  readonly losses: StepRequest;
  readonly time: StepRequest;
  readonly features: { readonly backbone: Backbones; readonly images: number; readonly size: number };
}

export type Request<K extends keyof Requests> = Requests[K];

export interface Answers {
  readonly open: { readonly device: string; readonly note: string } | { readonly missing: string };
  readonly losses: {
    readonly losses: readonly number[];
    /** From the engine onnxruntime alone: nodes by the provider that runs them, and operators that run on another. */
    readonly nodes?: Readonly<Record<string, number>>;
    readonly strays?: readonly string[];
  };
  readonly time: { readonly seconds: number };
  readonly features: { readonly features: readonly number[]; readonly seconds: number };
}
