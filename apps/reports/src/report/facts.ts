// What a run was made with: its configuration, engine, data and software, as rows of tables.

import { counted, duration, integer } from '@sightline/core';
import type { LoadedRun } from '@sightline/runs';
import type { RunPage } from './model.ts';
import { moment, setting, words } from './wording.ts';

export function factsOf({ run }: LoadedRun): RunPage['facts'] {
  const { config, engine, data, software } = run;
  return {
    configuration: [
      ...Object.entries(config).map(([key, value]) => ({ term: words(key), text: setting(value) })),
      { term: 'seed', text: String(run.seed) },
    ],
    engine: [
      { term: 'engine', text: engine.name },
      { term: 'provider that ran', text: engine.provider },
      { term: 'device', text: engine.device },
      ...(engine.note ? [{ term: 'note', text: engine.note }] : []),
    ],
    data: [
      { term: 'folder', text: data.root },
      { term: 'training images', text: integer(sum(data.counts.train)) },
      { term: 'validation images', text: integer(sum(data.counts.validation)) },
      { term: 'SHA-256 of all', text: data.hash },
    ],
    software: [
      ...Object.entries(software).flatMap(([name, version]) =>
        version ? [{ term: name, text: version }] : [],
      ),
      ...(run.git
        ? [{ term: 'commit', text: `${run.git.commit.slice(0, 12)}${run.git.dirty ? ', with changes' : ''}` }]
        : []),
      { term: 'started', text: moment(run.startedAt) },
      ...(run.finishedAt ? [{ term: 'finished', text: moment(run.finishedAt) }] : []),
    ],
  };
}

export function classCountsOf({ run }: LoadedRun): RunPage['classCounts'] {
  const { classes, counts } = run.data;
  return classes.map((name, i) => ({
    name,
    train: integer(counts.train[i] ?? 0),
    validation: integer(counts.validation[i] ?? 0),
  }));
}

/** Each part's seconds, and its share of the longest for a bar. A `total` stands last and is not compared. */
export function timingsOf({ run }: LoadedRun): RunPage['timings'] {
  const isTotal = (part: string) => part === 'total';
  const parts = Object.entries(run.timings).sort(([a], [b]) => Number(isTotal(a)) - Number(isTotal(b)));
  const longest = Math.max(1e-9, ...parts.filter(([part]) => !isTotal(part)).map(([, seconds]) => seconds));
  return parts.map(([part, seconds]) => ({
    part: words(part),
    seconds: duration(seconds),
    share: isTotal(part) ? 0 : seconds / longest,
  }));
}

/** A sentence: the network, how long it was trained and how. */
export function aboutOf({ run, history }: LoadedRun): string {
  const { config } = run;
  const [height, width] = config.imageSize;
  const subject = typeof config.backbone === 'string' ? `${config.backbone} features of images` : 'images';
  const augmentation = config.augmentation ? ` with augmentation (${setting(config.augmentation)})` : '';
  const epochs =
    history.length === config.epochs
      ? counted(history.length, 'epoch')
      : `${integer(history.length)} of ${counted(config.epochs, 'planned epoch')}`;
  return (
    `The network “${config.network}” on ${subject} of ${width}\u00a0×\u00a0${height} pixels, ` +
    `trained for ${epochs} in batches of ${integer(config.batchSize)} ` +
    `by ${config.optimizer.name} at a learning rate of ${config.optimizer.learningRate}${augmentation}.`
  );
}

export function briefOf({ run, name }: LoadedRun): string {
  const { config } = run;
  return [
    ...(config.network === name ? [] : [config.network]),
    counted(config.epochs, 'epoch'),
    `batches of ${integer(config.batchSize)}`,
    ...(config.augmentation ? ['augmented'] : []),
  ].join(' · ');
}

export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
