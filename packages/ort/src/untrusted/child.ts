/**
 * A process that opens one ONNX file and runs it, for the process that started it. A thread beside it watches: native
 * code that computes or allocates without end lets nothing else of its thread have a turn.
 */

import { Worker } from 'node:worker_threads';
import { isSightlineError, SightlineError } from '@sightline/core';
import { readRegularFile } from '@sightline/core/files';
import { type Graph, type Model, type Node, readUntrusted } from '@sightline/onnx';
import { nativeReason } from '../choose-provider.ts';
import { Session, tensorOf } from '../session.ts';
import type { Output, PlainTensor, Reply, Request, UntrustedModel } from './protocol.ts';
import type { Watched } from './watch.ts';

/** From sources a TypeScript file, in a build an entry beside the bundle. */
const WATCH = new URL(
  import.meta.url.endsWith('.ts') ? './watch.ts' : './untrusted-watch.js',
  import.meta.url,
);

let session: Session | undefined;
// A key press reaches all processes of a terminal: the one that started this one ends it.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
process.on('disconnect', () => process.exit());
process.on('message', (request: Request) => {
  process.send?.(
    reply(() => {
      if ('run' in request) return run(session as Session, request.run, request.outputs);
      const { open: source, mostMemory } = request;
      const watched: Watched = { parent: process.ppid, mostMemory };
      new Worker(WATCH, { workerData: watched }).unref();
      const isFile = typeof source === 'string';
      const name = isFile ? source : source.name;
      const bytes = isFile ? readRegularFile(source, 'the model') : source.bytes;
      const model = readUntrusted(bytes, name);
      session = openSession(name, bytes);
      return described(model);
    }),
  );
});

function reply(job: () => UntrustedModel | readonly PlainTensor[]): Reply {
  try {
    return { result: job() };
  } catch (error) {
    const { message } = error as Error;
    if (!isSightlineError(error)) return { error: { message } };
    return {
      error: { code: error.code, message, ...(error.hint === undefined ? {} : { hint: error.hint }) },
    };
  }
}

function openSession(name: string, bytes: Uint8Array): Session {
  try {
    // On float32 models as fast as any other, and exact in 8 bits.
    return new Session(bytes, { provider: 'cpu', workload: 'int8' });
  } catch (cause) {
    throw new SightlineError('runtime', `ONNX Runtime refused ${name}: ${nativeReason(cause)}.`, { cause });
  }
}

function run(
  session: Session,
  feeds: Readonly<Record<string, PlainTensor>>,
  outputs: readonly string[],
): PlainTensor[] {
  const tensors = Object.entries(feeds).map(([name, { data, dtype, shape }]) => [
    name,
    tensorOf(data, dtype, shape),
  ]);
  const fetches = Object.fromEntries(outputs.map((output) => [output, null]));
  const results = session.run(Object.fromEntries(tensors), fetches);
  return outputs.map((output) => {
    const { data, type, dims } = results[output]!;
    return { data: data as Float32Array, dtype: type as 'float32', shape: dims };
  });
}

function described({ graph, metadata }: Model): UntrustedModel {
  const constants = new Set(graph.initializers.map(({ name }) => name));
  return {
    metadata,
    inputs: graph.inputs.filter(({ name }) => !constants.has(name)),
    outputs: outputsOf(graph),
  };
}

/** Operators that leave values as they are, or nearly so. */
const PASSING = 'Identity Cast Reshape Flatten Squeeze Unsqueeze QuantizeLinear DequantizeLinear'.split(' ');

function outputsOf({ nodes, outputs }: Graph): Output[] {
  const makers = new Map(nodes.flatMap((node) => node.outputs.map((name) => [name, node] as const)));
  return outputs.map((value) => {
    let maker: Node | undefined = makers.get(value.name);
    // A graph in a circle, which ONNX Runtime refuses, must not be walked for ever.
    for (let i = 0; i < nodes.length && maker && PASSING.includes(maker.opType); i++) {
      maker = makers.get(maker.inputs[0] ?? '');
    }
    return { ...value, operator: maker?.opType };
  });
}
