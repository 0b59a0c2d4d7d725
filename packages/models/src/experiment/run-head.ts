/** One run of the transfer recipe: a logistic head solved on a backbone's features, measured and written into a run folder. */

import { join } from 'node:path';
import type { Backbone } from '@sightline/backbone';
import { predictionRows } from '@sightline/metrics';
import {
  type EpochRecord,
  openRun,
  type Run,
  type RunEnd,
  type RunWriter,
  type SuspectRecord,
  writeFileAtomic,
} from '@sightline/runs';
import type * as tfl from '@tensorflow/tfjs-layers';
import type { Evaluation } from '../evaluate/evaluate.ts';
import type { FineTuned } from '../fine-tune/fine-tune.ts';
import { fitHead, type Head, type HeadOptions } from '../head/fit-head.ts';
import { headModel, pooledFeatures } from '../head/predict-head.ts';
import { layerTable } from '../inspect/layer-table.ts';
import { exportChecked } from '../onnx/export-checked.ts';
import type { ModelMetadata } from '../save/metadata.ts';
import { saveModel } from '../save/tfjs.ts';
import type { FitOptions } from '../train/fit-options.ts';
import { loadStates, openCheckpoints } from './checkpoints.ts';
import type { Experiment } from './experiment.ts';
import {
  evaluationOn,
  type FeatureRows,
  headRecord,
  measure,
  measureTuned,
  suspectRecords,
  withTest,
} from './head-record.ts';
import { isInterrupt } from './interrupt.ts';
import { writeCard } from './results.ts';
import { configOf, type RunOptions, type RunResult } from './run.ts';
import { stopwatch } from './stopwatch.ts';

export interface HeadRunData {
  readonly train: FeatureRows;
  readonly validation: FeatureRows;
  /** Held out until the end: measured once, by the network that is saved. */
  readonly test?: FeatureRows | undefined;
  readonly classes: readonly string[];
  readonly backbone: Backbone;
  /** The first validation images, uint8 (count, height, width, 3), on which the exported model is checked. */
  readonly pixels: Uint8Array;
}

export interface HeadRunOptions
  extends Pick<RunOptions, 'name' | 'seed' | 'dir' | 'header' | 'timings' | 'signal' | 'onPart'>,
    Pick<HeadOptions, 'cs' | 'folds' | 'classWeights' | 'onStep'> {
  readonly experiment: Experiment;
  /** What computed the features. */
  readonly engine: Run['engine'];
  /**
   * Fine-tunes the backbone from the head's solution; `test` measures the tuned network on the test images. Default: it
   * stays as it is.
   */
  readonly fineTune?: (head: Head, options: FineTuneProgress) => Promise<MeasuredFineTune>;
  /** Continue fine-tuning from the folder's checkpoint, if there is one. */
  readonly resume?: boolean;
  /** Called before the head is fitted with the features of the validation images, as `SolvedRun` has them. */
  readonly onFeatures?: (features: Float32Array, columns: number) => void;
  /** Called with the solved run before it is finished, to add artifacts. */
  readonly artifacts?: (run: SolvedRun) => void | Promise<void>;
}

/** What passes through to `fineTune`. */
export interface FineTuneProgress {
  readonly checkpoint: NonNullable<FitOptions['checkpoint']>;
  readonly resume: FitOptions['resume'];
  readonly onEpoch: (record: EpochRecord) => void;
}

export type MeasuredFineTune = FineTuned & { readonly test?: Evaluation | undefined };

export interface SolvedRun {
  readonly writer: RunWriter;
  /** On the backbone's features, after the block `metadata.upTo` if the backbone was fine-tuned. */
  readonly model: tfl.LayersModel;
  readonly metadata: ModelMetadata;
  /** Features of the validation images, (images, columns): the mean over places. */
  readonly features: Float32Array;
  readonly columns: number;
  /** What goes into the model's last layer for a training image, by its path; absent if the backbone was fine-tuned. */
  readonly trainFeatures?: (path: string) => Float32Array | undefined;
}

export interface HeadRunResult extends Omit<RunResult, 'stopped'> {
  readonly head: NonNullable<Run['head']>;
  /** Present if the backbone was fine-tuned. */
  readonly fineTune?: NonNullable<Run['fineTune']>;
  readonly suspects: readonly SuspectRecord[];
}

/**
 * Fits a head, fine-tunes the backbone if that is asked for, and writes the run folder. Nothing is written before the head
 * is found, and the first epoch of fine-tuning is done: a run that fails or is aborted before leaves an older one as it was.
 * One that is interrupted later has the head on the pretrained features, and all that it takes to resume; after the last
 * step, it lacks what was to follow.
 *
 * @throws SightlineError as `fitHead`; the signal's reason if it is aborted
 */
export async function runHead(data: HeadRunData, options: HeadRunOptions): Promise<HeadRunResult> {
  const { classes, backbone } = data;
  const { experiment, seed, signal } = options;
  const { imageSize, interpolation, fit } = experiment;
  const metadata: ModelMetadata = {
    classes: [...classes],
    imageSize: [...imageSize],
    interpolation,
    fit,
    backbone: backbone.name,
  };
  const { timings, timed } = stopwatch(options.timings, options.onPart);
  const featureShape = backbone.featureShape(imageSize);
  const columns = featureShape.at(-1)!;
  const pooled = (rows: FeatureRows): FeatureRows => ({
    ...rows,
    features: pooledFeatures(rows.features, featureShape),
  });
  const [train, validation, test] = [
    pooled(data.train),
    pooled(data.validation),
    data.test && pooled(data.test),
  ];
  options.onFeatures?.(validation.features, columns);
  const { cs, folds, classWeights, onStep } = options;
  const head = await timed('training', () =>
    fitHead(
      { ...train, columns, classes: classes.length },
      { cs, folds, classWeights, onStep, seed, signal },
    ),
  );
  const solved = await timed('evaluation', async () => measure(head, train, validation, classes));
  const doubted = suspectRecords(head, solved.probabilities, train, validation, classes);
  const record = headRecord(head, train.labels);
  const resumed = options.resume ? loadStates(options.dir) : undefined;
  const writer = openRun(options.dir, headerOf(options), { resumed: resumed?.last?.history });
  const written: Partial<RunEnd> = { timings, head: record };
  const history = [...(resumed?.last?.history ?? [])];
  const onEpoch = (epoch: EpochRecord) => {
    history.push(epoch);
    writer.epoch(epoch);
  };
  let model: tfl.LayersModel | undefined;
  try {
    const tuned =
      options.fineTune && (await timed('fine-tuning', () => tune(head, resumed, onEpoch, options)));
    const isInterrupted = tuned?.training.status === 'interrupted';
    const { part } = tuned?.training ?? {};
    const midway = part && { midway: { rows: part.rows, size: train.labels.length } };
    if (isInterrupted && history.length === 0) {
      return {
        status: 'interrupted',
        history,
        metrics: null,
        timings,
        head: record,
        ...midway,
        notes: [],
        suspects: [],
      };
    }
    const result = tuned?.isKept
      ? { ...measureTuned(tuned, classes), model: tuned.model, metadata: { ...metadata, upTo: tuned.upTo } }
      : { ...solved, model: headModel(head, featureShape), metadata };
    model = result.model;
    if (tuned && tuned.model !== model) tuned.model.dispose();
    const { evaluation, report } = result;
    const tested = tuned?.isKept ? tuned.test : test && evaluationOn(head, test, classes);
    const metrics = withTest(result.metrics, isInterrupted ? undefined : tested, classes);
    Object.assign(written, { metrics });
    if (tuned && !isInterrupted) {
      const { before, after, isKept } = tuned;
      written.fineTune = { before: before.accuracy, after: after.accuracy, isKept };
    }
    await timed('saving', async () => {
      const { labels, units } = evaluation;
      writer.writePredictions(
        predictionRows(validation.paths, labels, evaluation.probabilities, units, classes),
      );
      writer.writeSuspects(doubted);
      await writeModel(data, { ...result, writer });
      const { model, metadata: about } = result;
      await options.artifacts?.({
        writer,
        model,
        metadata: about,
        features: validation.features,
        columns,
        ...(tuned?.isKept ? {} : { trainFeatures: rowsByPath(train, columns) }),
      });
    });
    const status = isInterrupted || signal?.aborted ? 'interrupted' : 'complete';
    const end = {
      metrics,
      timings,
      head: record,
      ...(written.fineTune ? { fineTune: written.fineTune } : {}),
    };
    writer.finish({ status, ...end });
    writeCard(options.dir, report);
    return { status, history, ...end, ...midway, notes: [], suspects: doubted };
  } catch (error) {
    const metrics = written.metrics ?? null;
    if (isInterrupt(error, signal)) {
      const status = 'interrupted';
      writer.finish({ status, ...written, metrics, timings });
      return { status, history, metrics, timings, head: record, notes: [], suspects: doubted };
    }
    writer.finish({ status: 'failed', ...written, metrics, timings, error: (error as Error).message });
    throw error;
  } finally {
    model?.dispose();
  }
}

/** Fine-tunes, with checkpoints and the history in the run folder. */
async function tune(
  head: Head,
  resume: FitOptions['resume'],
  onEpoch: (record: EpochRecord) => void,
  options: HeadRunOptions,
): Promise<MeasuredFineTune> {
  const checkpoints = openCheckpoints(options.dir, headerOf(options));
  try {
    const tuned = await options.fineTune!(head, {
      resume,
      checkpoint: checkpoints.write,
      onEpoch,
    });
    await checkpoints.end();
    return tuned;
  } catch (error) {
    await checkpoints.end().catch(() => {});
    throw error;
  }
}

function rowsByPath({ paths, features }: FeatureRows, columns: number) {
  const rows = new Map(paths.map((path, row) => [path, row]));
  return (path: string) => {
    const row = rows.get(path);
    return row === undefined ? undefined : features.subarray(row * columns, (row + 1) * columns);
  };
}

function headerOf({ name, seed, engine, header, experiment }: HeadRunOptions) {
  const config = configOf(experiment);
  return { ...header, experiment: name, startedAt: new Date().toISOString(), seed, engine, config };
}

interface WrittenModel {
  readonly model: tfl.LayersModel;
  readonly metadata: ModelMetadata;
  readonly writer: RunWriter;
  /** (images, classes), of the validation images. */
  readonly probabilities: Float32Array;
}

/** model/, model.onnx and the layer table. */
async function writeModel(
  { backbone, pixels, classes }: HeadRunData,
  { model, metadata, writer, probabilities }: WrittenModel,
): Promise<void> {
  await saveModel(model, join(writer.dir, 'model'), metadata);
  const own = layerTable(model).layers;
  const isOwn = new Set(own.map(({ name }) => name));
  const below = backbone.layers(metadata.imageSize, { top: false }).filter(({ name }) => !isOwn.has(name));
  const layers = [...below, ...own].map((row) => ({ ...row, outputShape: [...row.outputShape] }));
  writer.writeArtifact('layers.json', {
    layers,
    total: layers.reduce((sum, { parameters }) => sum + parameters, 0),
  });
  const [height, width] = metadata.imageSize;
  const count = pixels.length / (height * width * 3);
  const expected = { pixels, probabilities: probabilities.slice(0, count * classes.length) };
  const { bytes } = await exportChecked(model, metadata, expected, { backbone });
  writeFileAtomic(join(writer.dir, 'model.onnx'), bytes);
}
