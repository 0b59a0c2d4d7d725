// Tries files on one parser, one after the other, for `campaign.ts`. Each file is on disk before it is tried, so that what
// ends or stops this process can be read there.

import { openSync, truncateSync, writeSync } from 'node:fs';
import { isSightlineError } from '@sightline/core';
import { mutate, randomFrom } from './mutate.ts';

/** A module `<name>.fuzz.ts` beside a parser. */
export interface Target {
  /** Whole files, made by our own writers or by others. */
  seeds(): readonly Uint8Array[] | Promise<readonly Uint8Array[]>;
  /** Reads bytes with the parser: a result, or a SightlineError. A text names the kind of result. */
  parse(bytes: Uint8Array): unknown;
}

export interface Order {
  readonly module: string;
  readonly seed: number;
  /** Where the file that is tried is written. */
  readonly current: string;
}

export type Report =
  | {
      readonly executions: number;
      /** Files that led to results or messages of different kinds: what the parser's branches are counted by. */
      readonly kinds: number;
      /** The longest that a file took, and the most memory so far. */
      readonly slowest: number;
      readonly memory: number;
    }
  | {
      readonly fault: string;
      /** The file that led to it: the next is tried before this is read. */
      readonly input: Uint8Array;
    };

/** Files that led somewhere new are changed further; beyond this many the first are kept. */
const MOST_KEPT = 2000;
/** Memory that one small file may take more than all before. */
const MOST_MEMORY = 256e6;
const REPORT_MS = 200;

const send = (report: Report) => process.send?.(report);

process.once('message', (order: Order) => {
  process.on('disconnect', () => process.exit());
  attack(order).catch((error) => {
    process.stderr.write(`the target itself failed: ${(error as Error).stack}`);
    process.exitCode = 1;
    process.disconnect();
  });
});

async function attack({ module, seed, current }: Order): Promise<never> {
  const { seeds, parse } = (await import(module)) as Target;
  const corpus = [...(await seeds())];
  const random = randomFrom(seed);
  const file = openSync(current, 'w');
  const known = new Set<string>();
  // The time begins when everything is loaded.
  send({ executions: 0, kinds: 0, slowest: 0, memory: 0 });
  // Whole files are read first: they must have a result.
  let first = corpus.length;
  let [executions, slowest, reported] = [0, 0, performance.now()];
  for (;;) {
    const isWhole = first > 0;
    const bytes = isWhole ? corpus[--first]! : mutate(corpus, random);
    truncateSync(current);
    writeSync(file, bytes, 0, bytes.length, 0);
    const memory = process.resourceUsage().maxRSS;
    const began = performance.now();
    const outcome = await outcomeOf(() => parse(bytes));
    const seconds = (performance.now() - began) / 1000;
    const more = (process.resourceUsage().maxRSS - memory) * 1024;
    slowest = Math.max(slowest, seconds);
    executions++;
    const report = (fault: string) => send({ fault, input: bytes });
    if (outcome.fault !== undefined) report(outcome.fault);
    else if (isWhole && !outcome.isResult) report(`a whole file is refused: ${outcome.kind}`);
    if (more > MOST_MEMORY) report(`it takes ${Math.round(more / 1e6)} MB of memory`);
    if (!known.has(outcome.kind)) {
      known.add(outcome.kind);
      if (!isWhole && corpus.length < MOST_KEPT) corpus.push(bytes);
    }
    if (performance.now() - reported > REPORT_MS) {
      reported = performance.now();
      send({ executions, kinds: known.size, slowest, memory: process.resourceUsage().maxRSS * 1024 });
      // Messages and garbage get their turn.
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

const RESULT = 'a result';

interface Outcome {
  readonly kind: string;
  readonly isResult?: boolean;
  readonly fault?: string;
}

async function outcomeOf(parse: () => unknown): Promise<Outcome> {
  try {
    const result = await parse();
    return { kind: typeof result === 'string' ? result : RESULT, isResult: true };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    // The same message about other numbers and names is no new branch.
    const kind = message.replace(/"[^"]*"|'[^']*'|\[[^\]]*\]|[-\d.]+/g, '#').slice(0, 200);
    if (isSightlineError(error)) return { kind };
    const where = error instanceof Error ? error.stack?.split('\n').slice(0, 4).join(' | ') : message;
    return { kind, fault: where ?? message };
  }
}
