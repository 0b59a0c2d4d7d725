// What to conclude from a run: at most three sentences, drawn by rules from its numbers. The first says how well it
// does; the others say what stands in the way, the gravest first.

import { counted, decimal, integer, listed } from '@sightline/core';
import { mean, wilsonInterval } from '@sightline/metrics';
import { confusionOf } from './confusion.ts';
import type { ReportRun } from './report-run.ts';

export type FindingId =
  | 'failed'
  | 'collapsed'
  | 'no-result'
  | 'no-validation'
  | 'works'
  | 'chance'
  | 'interrupted'
  | 'overfits'
  | 'other-images'
  | 'more-images'
  | 'improving'
  | 'diverging'
  | 'overconfident'
  | 'underconfident'
  | 'worst-class';

export interface Finding {
  id: FindingId;
  sentence: string;
}

/** A training accuracy this much above the validation accuracy is more than an interval of usual width explains. */
const OVERFIT_GAP = 0.1;
/** From this training accuracy on there is little left to learn from the training images. */
const LEARNED = 0.9;
/** Confidence that is off by less than this is of no consequence for a threshold. */
const MISCALIBRATED = 0.08;
/** With fewer images than these, a class's recall says little. */
const ENOUGH_IMAGES = 5;
/** A gain in accuracy that is worth collecting images for. */
const WORTHWHILE = 0.02;
/** A class this much below the mean of the others stands out. */
const WORSE_RECALL = 0.15;

/** The rules in order of weight. Those of a run that has no sound result stand alone. */
const RESULTS: readonly ((run: ReportRun) => Finding | null)[] = [
  ({ state }) => (state.word === 'failed' ? { id: 'failed', sentence: state.explanation } : null),
  ({ state }) => (state.word === 'collapsed' ? { id: 'collapsed', sentence: state.explanation } : null),
  ({ accuracy }) =>
    accuracy === null
      ? { id: 'no-result', sentence: 'There is no result: the run ended before its first epoch did.' }
      : null,
  ({ accuracy, validationImages }) =>
    validationImages === 0
      ? {
          id: 'no-validation',
          sentence: `It was not validated: there are no validation images (training accuracy ${decimal(accuracy)}).`,
        }
      : null,
];

const DOUBTS: readonly ((run: ReportRun) => Finding | null)[] = [
  interrupted,
  diverging,
  overfits,
  otherImages,
  improving,
  moreImages,
  worstClass,
  miscalibrated,
];

/** What is not said beside a finding: its advice would be the opposite, or it would mean nothing. */
export const SILENCED: Readonly<Partial<Record<FindingId, readonly FindingId[]>>> = {
  // Classes and confidence say nothing about a network that is no better than chance.
  chance: ['worst-class', 'overconfident', 'underconfident'],
  // What the rest of its training would bring is not known.
  interrupted: ['improving', 'overfits'],
  diverging: ['improving'],
  // More epochs would teach it more about its own images.
  overfits: ['improving'],
  // More of the same training images would not bring it closer to the others.
  'other-images': ['more-images'],
};

export function verdictOf(run: ReportRun): Finding[] {
  for (const rule of RESULTS) {
    const finding = rule(run);
    if (finding) return [finding];
  }
  const findings = [result(run), ...DOUBTS.flatMap((rule) => rule(run) ?? [])];
  const silenced = new Set(findings.flatMap(({ id }) => SILENCED[id] ?? []));
  return findings.filter(({ id }) => !silenced.has(id)).slice(0, 3);
}

function result(run: ReportRun): Finding {
  const accuracy = run.accuracy!;
  const [low, high] = run.interval!;
  const right = `Correct on ${integer(accuracy * run.validationImages)} of ${counted(run.validationImages, 'validation image')}: accuracy ${decimal(accuracy)} (95% interval ${decimal(low)} to ${decimal(high)})`;
  const always = `always predicting the most frequent class would give ${decimal(run.chance)}`;
  const test = run.metrics?.test;
  const held = test
    ? ` On ${counted(test.images, 'test image')}, held out until the end: ${decimal(test.accuracy)}.`
    : '';
  return low > run.chance
    ? { id: 'works', sentence: `${right}; ${always}.${held}` }
    : { id: 'chance', sentence: `${right}. That is not better than chance: ${always}.` };
}

function interrupted({ state, history, run }: ReportRun): Finding | null {
  if (state.kind !== 'partial') return null;
  const word = state.word === 'running' ? 'still training' : 'interrupted';
  return {
    id: 'interrupted',
    sentence: `It was ${word} after ${history.length} of ${counted(run.config.epochs ?? history.length, 'epoch')}.`,
  };
}

function diverging({ history }: ReportRun): Finding | null {
  const losses = history.map(({ valLoss }) => valLoss);
  const last = losses.at(-1);
  const least = Math.min(...losses.filter((loss) => loss !== null));
  if (last !== null && (last === undefined || losses.length < 3 || last < 3 * least || last - least < 1))
    return null;
  return {
    id: 'diverging',
    sentence: `Its validation loss grew from ${lossText(least)} to ${lossText(last)}: lower the learning rate or stop earlier.`,
  };
}

/** A loss of any size, without an exponent. */
const lossText = (loss: number | null): string =>
  loss !== null && loss >= 1000 ? integer(loss) : decimal(loss);

function overfits(run: ReportRun): Finding | null {
  // A head that was solved for fits its training images by design; what it gains from more of them is said instead.
  if (run.run.head) return null;
  const train = run.metrics?.train?.accuracy ?? run.run.metrics?.train.accuracy;
  const accuracy = run.accuracy!;
  // A gap within the validation images' own uncertainty is no gap.
  if (train === undefined || train - accuracy < OVERFIT_GAP || train <= run.interval![1]) return null;
  // Where both still rise, it has not learned enough yet.
  const isRising = run.run.metrics?.best?.epoch === run.history.at(-1)?.epoch;
  if (train < LEARNED && isRising) return null;
  return {
    id: 'overfits',
    sentence: `It overfits: accuracy ${decimal(train)} on the training images, ${decimal(accuracy)} on the validation images.`,
  };
}

/** Whether a head does clearly better on training images that it has not seen than on the validation images. */
function otherImages({ run, accuracy, interval }: ReportRun): Finding | null {
  const heldOut = run.head?.heldOut;
  if (!heldOut || heldOut.accuracy - accuracy! < OVERFIT_GAP) return null;
  if (wilsonInterval(heldOut.accuracy, heldOut.images)[0] <= interval![1]) return null;
  return {
    id: 'other-images',
    sentence: `The validation images differ from the training images, of which ${decimal(heldOut.accuracy)} are predicted correctly when held out in turn: they show other places or objects, or many training images show the same one (see --group).`,
  };
}

/** What the learning curve of a head says, if more images would help clearly. */
function moreImages({ run }: ReportRun): Finding | null {
  const { gain, conclusion } = run.head?.curve ?? {};
  return gain && gain.low >= WORTHWHILE ? { id: 'more-images', sentence: conclusion! } : null;
}

/** Whether the last fifth of the epochs still lowered the validation loss, and the best epoch lies in it. */
function improving({ history, run, state }: ReportRun): Finding | null {
  if (state.word !== 'complete' || history.length < 5) return null;
  const part = Math.max(2, Math.round(history.length / 5));
  const lossOf = (epochs: typeof history) => mean(epochs.map(({ valLoss }) => valLoss ?? Number.NaN));
  const [before, after] = [lossOf(history.slice(-2 * part, -part)), lossOf(history.slice(-part))];
  const isBestLate = (run.metrics?.best?.epoch ?? 0) > history.length - part;
  // 2%: less is the noise of a batch order.
  if (!isBestLate || !(after < before * 0.98)) return null;
  return {
    id: 'improving',
    sentence: `It was still improving when it stopped after ${counted(history.length, 'epoch')}: train longer.`,
  };
}

function worstClass(run: ReportRun): Finding | null {
  const rows = run.metrics?.validation.classes.filter(({ support }) => support >= ENOUGH_IMAGES) ?? [];
  if (rows.length < 2) return null;
  const measured = run.metrics!.validation.classes.filter(({ support }) => support > 0);
  const never = measured.filter(({ recall }) => recall === 0).map((row) => `“${row.class}”`);
  if (never.length > 1) {
    const named = never.length > 3 ? [...never.slice(0, 2), `${never.length - 2} more`] : never;
    return {
      id: 'worst-class',
      sentence: `${never.length} of the ${measured.length} classes with validation images are never predicted correctly: ${listed(named)}.`,
    };
  }
  const worst = rows.reduce((low, row) => (row.recall < low.recall ? row : low));
  const others = mean(rows.filter((row) => row !== worst).map(({ recall }) => recall));
  if (others - worst.recall < WORSE_RECALL) return null;
  const confusion = confusionOf(run.answers, run.classes);
  const label = confusion?.classes.indexOf(worst.class);
  const pair = confusion?.pairs.find((each) => each.label === label);
  const taken = pair ? `, most often predicted as “${confusion!.classes[pair.predicted]}”` : '';
  return {
    id: 'worst-class',
    sentence: `Its worst class is “${worst.class}”: ${decimal(worst.recall)} of those images are found${taken}.`,
  };
}

/**
 * What a probability of the network means.
 * @param off its mean confidence less its accuracy
 * @param error its expected calibration error
 */
export function calibrationWords(off: number, error: number): string {
  if (error < 0.05) return 'its probabilities can be taken at face value';
  // Bins that are off in both directions: the mean says nothing about a single probability.
  if (Math.abs(off) < error / 2)
    return `right on the whole, though a single probability is off by ${decimal(error)} on average`;
  return off > 0
    ? 'it is overconfident: read a probability as less than it says'
    : 'it is underconfident: read a probability as more than it says';
}

function miscalibrated(run: ReportRun): Finding | null {
  if (run.answers.length === 0) return null;
  const confidence = mean(run.answers.map((answer) => answer.confidence));
  const off = confidence - run.accuracy!;
  if (Math.abs(off) < MISCALIBRATED) return null;
  const means = `its mean confidence is ${decimal(confidence)}, its accuracy ${decimal(run.accuracy)}`;
  return off > 0
    ? { id: 'overconfident', sentence: `It is overconfident: ${means}.` }
    : { id: 'underconfident', sentence: `It is underconfident: ${means}.` };
}
