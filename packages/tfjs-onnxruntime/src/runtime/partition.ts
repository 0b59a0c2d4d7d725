// Which execution provider runs which node: ONNX Runtime's profile tells. A node that the asked-for provider lacks
// falls back to cpu, with copies there and back that nobody is told of otherwise.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Feeds, Provider, Session, SessionOptions } from '@sightline/ort';

export interface PlacedNode {
  /** The node's name, which begins with the kernel that it comes from. */
  readonly node: string;
  /** ONNX' operator, or one of ONNX Runtime's own (`MemcpyToHost` is a copy between providers). */
  readonly operator: string;
  readonly provider: Provider | string;
}

interface ProfileEvent {
  readonly cat: string;
  readonly name: string;
  readonly args?: { readonly op_name?: string; readonly provider?: string };
}

/** `WebGpuExecutionProvider` as `webgpu`. */
const shortName = (provider: string): string => provider.replace(/ExecutionProvider$/, '').toLowerCase();

/** Runs a model once under the profiler, and says where each node has run. */
export function placeNodes(
  open: (options: SessionOptions) => Session,
  options: SessionOptions,
  feeds: Feeds,
  outputs: readonly string[],
): PlacedNode[] {
  const folder = mkdtempSync(join(tmpdir(), 'sightline-profile-'));
  try {
    const session = open({ ...options, profile: join(folder, 'profile') });
    session.run(feeds, Object.fromEntries(outputs.map((name) => [name, null])));
    session.endProfiling();
    session.dispose();
    const file = readdirSync(folder).find((name) => name.endsWith('.json'))!;
    const events = JSON.parse(readFileSync(join(folder, file), 'utf8')) as ProfileEvent[];
    return events.flatMap(({ cat, name, args }) =>
      cat === 'Node' && name.endsWith('_kernel_time') && args?.provider
        ? [
            {
              node: name.replace(/_kernel_time$/, ''),
              operator: args.op_name ?? '',
              provider: shortName(args.provider),
            },
          ]
        : [],
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
