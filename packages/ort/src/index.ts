/** ONNX Runtime: execution providers, devices, sessions, and lowerings that several graphs share. */

export { PROVIDERS, type Provider } from './provider.ts';
