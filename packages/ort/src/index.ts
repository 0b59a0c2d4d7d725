/** ONNX Runtime: execution providers, devices, sessions, and lowerings that several graphs share. */

export type { Feeds, Fetches } from './binding.ts';
export {
  builtProviders,
  type ChosenProvider,
  chooseProvider,
  openFirst,
  providerFault,
} from './choose-provider.ts';
export { deviceName, processorName } from './device.ts';
export { type Band, bandsOf, cut, joined, withZeroRow } from './lowering/bands.ts';
export { type WinogradStep, winogradKernel, winogradLayers } from './lowering/winograd-inference.ts';
export {
  type Convolution,
  isWinograd,
  type SharingGraph,
  winogradFilterGradient,
  winogradForward,
  winogradInputGradient,
} from './lowering/winograd-training.ts';
export { PROVIDERS, type Provider } from './provider.ts';
export {
  channelBlock,
  download,
  Session,
  type SessionOptions,
  sessionsAlive,
  tensorOf,
  type Workload,
} from './session.ts';
export { openUntrusted, type UntrustedLimits, UntrustedSession } from './untrusted/open.ts';
export type { PlainTensor, UntrustedModel, UntrustedSource } from './untrusted/protocol.ts';
