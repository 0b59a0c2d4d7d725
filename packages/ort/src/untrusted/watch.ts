// The thread beside the child: ends the process where its parent has ended, or where it holds too much memory. A module
// of its own, which loads in an instant: the child's takes longer than most files.

import { writeSync } from 'node:fs';
import { workerData } from 'node:worker_threads';
import { TOO_MUCH_MEMORY } from './protocol.ts';

export interface Watched {
  readonly parent: number;
  readonly mostMemory: number;
}

const WATCH_MS = 50;

const { parent, mostMemory } = workerData as Watched;
setInterval(() => {
  if (process.memoryUsage.rss() > mostMemory) writeSync(2, TOO_MUCH_MEMORY);
  else if (process.ppid === parent) return;
  process.kill(process.pid, 'SIGKILL');
}, WATCH_MS);
