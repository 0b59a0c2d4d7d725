// The site of a training that goes on, in a process of its own, so that rendering takes nothing from the training's
// thread, and a fault of the one does not end the other.

import { fork } from 'node:child_process';
import { constants, setPriority } from 'node:os';
import { extname, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { SightlineError } from '@sightline/core';
import { flagsForFile } from '@sightline/core/thread';
import type { BuiltSite } from './build.ts';

export interface LiveOptions {
  /** The folder of the runs. The server keeps its own files in it, until it is closed. */
  folder: string;
  /** The first port to try: where it is taken, the next that is free is used. Default: 4321. */
  port?: number;
}

/** What the process is told, in order. */
export type ToProcess =
  | { kind: 'open'; port: number; folder: string }
  | { kind: 'begin'; dir: string }
  | { kind: 'say'; words: string }
  | { kind: 'changed' }
  | { kind: 'finish' };

export type FromProcess =
  | { kind: 'open'; url: string }
  | { kind: 'finished'; site: BuiltSite }
  | { kind: 'failed'; code: SightlineError['code'] | null; message: string };

export interface LiveReport {
  /** Leads to the run in training. */
  url: string;
  /** A run begins to train, in this folder. */
  begin(dir: string): void;
  /** Says on the pages how far the training is. */
  say(words: string): void;
  /** Shows what is new in the run's folder. */
  changed(): void;
  /** Builds the finished site; it is served until `close`. Rejects where it can't be built. */
  finish(): Promise<BuiltSite>;
  close(): void;
}

/**
 * Starts to serve the site of a training that goes on, on loopback. Compiling the pages takes some seconds: it is done
 * before, not beside, the training.
 * @throws SightlineError `port` where no port is free, `not-writable` where the folder can't be written to
 */
export async function openLiveReport({ folder, port = 4321 }: LiveOptions): Promise<LiveReport> {
  const child = fork(fileURLToPath(new URL(`./live-process${extname(import.meta.url)}`, import.meta.url)), {
    execArgv: flagsForFile(),
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  let failure: Error | undefined;
  const waiting = new Set<(error: Error) => void>();
  const fail = (error: Error) => {
    failure ??= error;
    for (const reject of waiting) reject(failure);
  };
  child.on('error', fail);
  child.on('exit', (code) => fail(new Error(`The live report ended with ${code}.`)));
  child.on('message', (message: FromProcess) => {
    if (message.kind !== 'failed') return;
    fail(message.code ? new SightlineError(message.code, message.message) : new Error(message.message));
  });
  const tell = (message: ToProcess) => {
    if (child.connected) child.send(message);
  };
  const answer = <Kind extends FromProcess['kind']>(kind: Kind) =>
    new Promise<Extract<FromProcess, { kind: Kind }>>((answered, reject) => {
      if (failure) return reject(failure);
      waiting.add(reject);
      child.on('message', (message: FromProcess) => {
        if (message.kind === kind) answered(message as Extract<FromProcess, { kind: Kind }>);
      });
    });

  tell({ kind: 'open', port, folder: resolve(folder) });
  const { url } = await answer('open');
  // From now on the training comes first.
  setPriority(child.pid!, constants.priority.PRIORITY_BELOW_NORMAL);
  return {
    url,
    begin: (dir) => tell({ kind: 'begin', dir: resolve(dir) }),
    say: (words) => tell({ kind: 'say', words }),
    changed: () => tell({ kind: 'changed' }),
    async finish() {
      tell({ kind: 'finish' });
      return (await answer('finished')).site;
    },
    close() {
      if (child.connected) child.disconnect();
    },
  };
}
