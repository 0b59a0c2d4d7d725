// A thread that decodes images by sharp for decode-sync.ts, which waits for it: each reply is posted before the flag that
// wakes the caller is raised.

import { type MessagePort, workerData } from 'node:worker_threads';

/** Pixels in rows from the top, frame after frame, channels interleaved. */
export interface Pixels {
  readonly data: Uint8Array;
  readonly frames: number;
  readonly height: number;
  readonly width: number;
  /** Gray, gray and alpha, RGB, RGBA. */
  readonly channels: number;
}

export interface Request {
  readonly contents: Uint8Array;
  readonly animated: boolean;
}

export type Reply = { readonly pixels: Pixels } | { readonly error: string };

export interface WorkerData {
  readonly port: MessagePort;
  readonly flag: Int32Array<SharedArrayBuffer>;
}

async function decode({ contents, animated }: Request): Promise<Pixels> {
  const { default: sharp } = await import('sharp');
  const image = sharp(contents, { animated, failOn: 'error' });
  const { space } = await image.metadata();
  const colors = space === 'b-w' || space === 'grey16' ? 'b-w' : 'srgb';
  const { data, info } = await image.toColorspace(colors).raw().toBuffer({ resolveWithObject: true });
  const frames = info.pages ?? 1;
  return { data, frames, height: info.height / frames, width: info.width, channels: info.channels };
}

const { port, flag } = workerData as WorkerData;
port.on('message', async (request: Request) => {
  let reply: Reply;
  try {
    reply = { pixels: await decode(request) };
  } catch (error) {
    reply = { error: (error as Error).message };
  }
  port.postMessage(reply);
  Atomics.store(flag, 0, 1);
  Atomics.notify(flag, 0);
});
