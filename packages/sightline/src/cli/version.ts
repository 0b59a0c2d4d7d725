/** Versions of what runs: every report of a fault begins with them. */

import { softwareVersions } from '../software.ts';

export function versions(): Record<string, string> {
  const { sightline, node, onnxruntime } = softwareVersions();
  return { sightline, Node: node, ...(onnxruntime ? { 'ONNX Runtime': onnxruntime } : {}) };
}
