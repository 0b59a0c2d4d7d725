// The process that live-report.ts starts: it serves until the one that started it is gone or has enough.

import { isSightlineError } from '@sightline/core';
import { type LiveSite, serveLive } from './live.ts';
import type { FromProcess, ToProcess } from './live-report.ts';

const tell = (message: FromProcess) => process.send?.(message);

let live: LiveSite | undefined;
/** One message after the other: the first takes a moment. */
let last: Promise<void> = Promise.resolve();

async function take(message: ToProcess): Promise<void> {
  switch (message.kind) {
    case 'open':
      live = await serveLive(message.port, message.folder);
      tell({ kind: 'open', url: live.url });
      break;
    case 'begin':
      live!.begin(message.dir);
      break;
    case 'say':
      live!.say(message.words);
      break;
    case 'changed':
      live!.changed();
      break;
    case 'finish':
      tell({ kind: 'finished', site: await live!.finish() });
      break;
  }
}

process.on('message', (message: ToProcess) => {
  last = last
    .then(() => take(message))
    .catch(
      (error: Error) =>
        void tell({
          kind: 'failed',
          code: isSightlineError(error) ? error.code : null,
          message: error.message,
        }),
    );
});
process.on('disconnect', () => {
  void Promise.resolve(live?.close()).finally(() => process.exit());
});
// Ctrl-C reaches all processes of a terminal: a training first saves what it has done, which this one then shows.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
