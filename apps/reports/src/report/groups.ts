// Runs that differ in nothing but their seed, folded into one row of mean and deviation; and the settings that differ.

import { type Interval, mean, sampleDeviation } from '@sightline/metrics';
import type { ReportRun } from './report-run.ts';
import { settingsOf } from './settings.ts';

export interface RunGroup {
  /** By accuracy, the best first. */
  runs: readonly ReportRun[];
  /** The experiment's name for several seeds, the run's for one. */
  name: string;
  /** The mean of the runs that have one. */
  accuracy: number | null;
  deviation: number;
  /** The 95% interval of one run; the deviation to both sides of the mean of several. */
  interval: Interval | null;
  /** The values of the settings that differ between groups, in the order of `settings`. */
  values: readonly string[];
}

/** A run by itself. */
export const groupOfOne = (run: ReportRun): Omit<RunGroup, 'values'> => ({
  runs: [run],
  name: run.name,
  accuracy: run.accuracy,
  deviation: 0,
  interval: run.interval,
});

/** The groups, the best first, and the settings by which they differ. */
export function groupRuns(runs: readonly ReportRun[]): { groups: RunGroup[]; settings: string[] } {
  const configs = new Map(runs.map((run) => [run, settingsOf(run.run.config)]));
  const bySettings = Map.groupBy(runs, (run) =>
    JSON.stringify([run.run.experiment, run.state.kind, [...configs.get(run)!]]),
  );
  const names = [...new Set([...configs.values()].flatMap((map) => [...map.keys()]))];
  const valuesOf = (run: ReportRun, name: string) => configs.get(run)!.get(name) ?? '–';
  // A setting that some runs do not have differs only where the others do.
  const settings = names.filter(
    (name) => new Set([...configs.values()].flatMap((map) => map.get(name) ?? [])).size > 1,
  );
  const groups = [...bySettings.values()].map((members): RunGroup => {
    const known = members.flatMap(({ accuracy }) => (accuracy === null ? [] : [accuracy]));
    const values = settings.map((name) => valuesOf(members[0]!, name));
    if (members.length === 1) return { ...groupOfOne(members[0]!), values };
    const accuracy = known.length > 0 ? mean(known) : null;
    const deviation = sampleDeviation(known);
    return {
      runs: members.toSorted((a, b) => (b.accuracy ?? -1) - (a.accuracy ?? -1)),
      name: members[0]!.run.experiment,
      accuracy,
      deviation,
      interval:
        accuracy === null ? null : [Math.max(0, accuracy - deviation), Math.min(1, accuracy + deviation)],
      values,
    };
  });
  const isSound = ({ runs: [first] }: RunGroup) => Number(first!.state.kind === 'sound');
  return {
    groups: groups.sort((a, b) => isSound(b) - isSound(a) || (b.accuracy ?? -1) - (a.accuracy ?? -1)),
    settings,
  };
}
