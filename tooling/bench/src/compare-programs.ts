// One of our contenders beside a peer's program in Python: both are started, asked for round after round, and ended.

import { join } from 'node:path';
import { findPython } from '@sightline/peers';
import { comparisonTable, type Result } from './benchmark.ts';
import { type Child, startChild } from './child.ts';
import { type Comparison, type Contender, compare, type Work } from './comparison.ts';
import { places } from './places.ts';

export interface Peer {
  readonly name: string;
  /** A Python program and its arguments. */
  readonly program: readonly string[];
}

/** What one side is asked for in each round; the answer says the seconds. */
export interface Task {
  readonly name: string;
  readonly request: object;
}

/** One line of the table. A case without a target may say so as undefined. */
export interface Case extends Omit<Work, 'target'> {
  readonly ours: Task;
  readonly peer: Task;
  readonly target?: number | undefined;
}

const contender = (child: Child, { name, request }: Task): Contender => ({
  name,
  time: async () => (await child.ask<{ seconds: number }>({ do: 'time', ...request })).seconds,
});

/**
 * @param module of our contender: the file in `contenders/` without its ending; then its arguments
 * @param cases may ask our side first what there is to do
 */
export async function comparePrograms(
  [module, ...args]: readonly [string, ...string[]],
  peer: Peer,
  cases: (ours: Child) => readonly Case[] | Promise<readonly Case[]>,
): Promise<Omit<Result, 'notes'>> {
  const theirs = await startChild(peer.name, await findPython(), peer.program);
  const path = join(places.bench, `src/contenders/${module}.ts`);
  const ours = await startChild('ours', process.execPath, [...process.execArgv, path, ...args]);
  const comparisons: Comparison[] = [];
  try {
    for (const { ours: our, peer: their, target, ...work } of await cases(ours)) {
      const reach = target === undefined ? {} : { target };
      comparisons.push(await compare(contender(ours, our), contender(theirs, their), { ...work, ...reach }));
    }
  } finally {
    theirs.close();
    ours.close();
  }
  return {
    table: comparisonTable(comparisons),
    measurements: comparisons,
    software: theirs.software,
  };
}
