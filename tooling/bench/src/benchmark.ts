// What a benchmark is: a function from the options of the command line to a table and the measurements behind it.

import type { Comparison } from './comparison.ts';
import { figure, type Table } from './table.ts';

export interface Options {
  /** A folder DIR/train|validation/<class>/*; default: car or other from CIFAR-10. */
  readonly data?: string;
  /** Rounds that count; each benchmark has its own number. */
  readonly rounds?: number;
  /** Only this experiment, where a benchmark is of experiments. */
  readonly experiment?: string;
}

export interface Result {
  readonly table: Table;
  /** What the table was made of, for `--json`. */
  readonly measurements: unknown;
  /** Versions of the peers; ours are recorded once for all. */
  readonly software: Record<string, string>;
  /** Sentences under the table. */
  readonly notes: readonly string[];
}

export interface Benchmark {
  readonly title: string;
  run(options: Options): Promise<Result>;
}

const gigabytes = (bytes: number): string => (bytes / 1e9).toFixed(2);

/**
 * The table of comparisons: medians, the ratio with its quartiles' spread, whether the target was reached, and memory
 * where a comparison has it.
 */
export function comparisonTable(comparisons: readonly Comparison[]): Table {
  const hasPeaks = comparisons.some(({ peak }) => peak);
  const rows = comparisons.map(({ what, unit, ours, peer, ratio, target, peak }) => [
    what,
    ours.name,
    figure(ours.median),
    peer.name,
    figure(peer.median),
    unit,
    `${ratio.median.toFixed(2)} ± ${((ratio.spread / 2) * ratio.median).toFixed(2)}`,
    target === undefined ? '' : `${target} ${ratio.median >= target ? 'reached' : 'MISSED'}`,
    ...(hasPeaks ? [peak ? `${gigabytes(peak.ours)} / ${gigabytes(peak.peer)}` : ''] : []),
  ]);
  const columns = ['', 'ours', 'median', 'peer', 'median', 'unit', 'times as fast', 'to reach'];
  return { columns: hasPeaks ? [...columns, 'GB resident, ours / peer'] : columns, rows };
}
