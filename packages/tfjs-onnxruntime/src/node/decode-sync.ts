// Decoding for callers that cannot await.

import { MessageChannel, receiveMessageOnPort, Worker } from 'node:worker_threads';
import { SightlineError } from '@sightline/core';
import { flagsForFile } from '@sightline/core/thread';
import type { Pixels, Reply, Request, WorkerData } from './decode-worker.ts';

/** From sources a TypeScript file, in a build the entry beside the bundle. */
const ENTRY = new URL(
  import.meta.url.endsWith('.ts') ? './decode-worker.ts' : './decode-worker.js',
  import.meta.url,
);
/** A thread that has not answered by then has died. */
const PATIENCE_MS = 60_000;

let decoder: ((request: Request) => Reply | undefined) | undefined;

function startDecoder() {
  const { port1, port2 } = new MessageChannel();
  const flag = new Int32Array(new SharedArrayBuffer(4));
  const workerData: WorkerData = { port: port2, flag };
  new Worker(ENTRY, { execArgv: flagsForFile(), workerData, transferList: [port2] }).unref();
  port1.unref();
  return (request: Request): Reply | undefined => {
    Atomics.store(flag, 0, 0);
    // Copied: of a part of a larger buffer, all of that would be sent.
    const contents = new Uint8Array(request.contents);
    port1.postMessage({ ...request, contents }, [contents.buffer]);
    if (Atomics.wait(flag, 0, 0, PATIENCE_MS) === 'timed-out') return undefined;
    return receiveMessageOnPort(port1)?.message as Reply | undefined;
  };
}

/**
 * Decodes a file that sharp reads; `animated` asks for all frames.
 *
 * @throws SightlineError `unreadable-image`, or `worker` where the thread does not answer
 */
export function decodeSync(contents: Uint8Array, animated: boolean): Pixels {
  decoder ??= startDecoder();
  const reply = decoder({ contents, animated });
  if (!reply) {
    decoder = undefined;
    throw new SightlineError('worker', 'The thread that decodes images did not answer.', {
      hint: 'Images need the package sharp: npm install sharp',
    });
  }
  if ('pixels' in reply) return reply.pixels;
  throw new SightlineError('unreadable-image', `Could not decode an image: ${reply.error}`);
}
