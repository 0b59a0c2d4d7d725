// Ours beside a peer: both do the same work in turns, so that what else the machine does meets both alike. The ratio
// is taken round by round and its median reported; it is above 1 where ours is faster.

import { type Summary, summary } from './statistics.ts';

/** Something that does one round of the work when asked. */
export interface Contender {
  readonly name: string;
  /** Seconds that one round took. */
  time(): Promise<number>;
}

export interface Work {
  readonly what: string;
  /** A rate (`images/s`) or a duration (`s`). */
  readonly unit: 'images/s' | 's';
  /** Images of one round; 1 where the unit is a duration. */
  readonly amount: number;
  /** The ratio to reach. */
  readonly target?: number;
  readonly rounds: number;
  /** Rounds before those that count: compilation, caches. */
  readonly warmUp: number;
}

export interface Comparison {
  readonly what: string;
  readonly unit: Work['unit'];
  readonly ours: Summary & { readonly name: string };
  readonly peer: Summary & { readonly name: string };
  readonly ratio: Summary;
  readonly target?: number;
  readonly rounds: number;
  /** The most bytes that each side had resident, where both sides tell. */
  readonly peak?: { readonly ours: number; readonly peer: number };
}

/** Runs both contenders in turns; the one that begins changes from round to round. */
export async function compare(ours: Contender, peer: Contender, work: Work): Promise<Comparison> {
  for (let round = 0; round < work.warmUp; round++) {
    await ours.time();
    await peer.time();
  }
  const seconds = { ours: [] as number[], peer: [] as number[] };
  for (let round = 0; round < work.rounds; round++) {
    const turns: ('ours' | 'peer')[] = round % 2 === 0 ? ['ours', 'peer'] : ['peer', 'ours'];
    for (const turn of turns) seconds[turn].push(await (turn === 'ours' ? ours : peer).time());
  }
  const measurements = (samples: number[]) =>
    summary(work.unit === 's' ? samples : samples.map((s) => work.amount / s));
  return {
    what: work.what,
    unit: work.unit,
    ours: { name: ours.name, ...measurements(seconds.ours) },
    peer: { name: peer.name, ...measurements(seconds.peer) },
    ratio: summary(seconds.ours.map((s, round) => seconds.peer[round]! / s)),
    ...(work.target === undefined ? {} : { target: work.target }),
    rounds: work.rounds,
  };
}
