/** What goes into a network and what its classes are: from its own metadata, or from the user for a foreign one. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { listed, SightlineError } from '@sightline/core';
import { readRegularFile } from '@sightline/core/files';
import { INPUT_RANGES, type InputRange } from '@sightline/image';
import { classifierOutputs, type ModelMetadata } from '@sightline/models';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import { z } from 'zod';
import { readClassNames } from './class-names.ts';

/** What the user says about a network that Sightline did not save. */
export interface ModelHints {
  /** Names in the order of its outputs, or the path of a file of them. */
  readonly classes?: readonly string[] | undefined;
  /** The range of pixel values that it takes. */
  readonly inputRange?: InputRange | undefined;
  /** Height and width of its images, where the model leaves them open. */
  readonly imageSize?: readonly [height: number, width: number] | undefined;
}

/** How a foreign network is used, with what was assumed of it, as sentences. */
export interface Foreign {
  readonly metadata: ModelMetadata;
  readonly assumptions: readonly string[];
}

/** The same hints with the names from their file: one name, where a file is called so, is that file's. */
export async function withClassNames(hints: ModelHints): Promise<ModelHints> {
  const [file, second] = hints.classes ?? [];
  if (file === undefined || second !== undefined || !existsSync(file)) return hints;
  return { ...hints, classes: await readClassNames(file) };
}

/** @throws SightlineError `usage` where there are hints for a network that has metadata */
export function ownMetadata(path: string, metadata: ModelMetadata, hints: ModelHints): ModelMetadata {
  const given = OPTIONS.find(({ name }) => hints[name] !== undefined);
  if (!given) return metadata;
  const what = `${path} names its classes (${metadata.classes.join(', ')}) and its preprocessing itself`;
  throw new SightlineError('usage', `${what}: leave out ${given.option}.`);
}

const OPTIONS = [
  { name: 'classes', option: '--classes' },
  { name: 'inputRange', option: '--input-range' },
  { name: 'imageSize', option: '--image-size' },
] as const;

/**
 * The names of a model's classes.
 *
 * @param by what gives them
 * @throws SightlineError `missing` where the hints have none, `usage` where they are not as many
 */
export function classesOf(
  path: string,
  count: number,
  classes: readonly string[] | undefined,
  by = '--classes',
): readonly string[] {
  const example = Array.from({ length: Math.min(count, 3) }, (_, i) => `name${i}`).join(',');
  if (!classes) {
    throw new SightlineError(
      'missing',
      `${path} does not name its ${count} classes: name them in the order of its outputs with --classes ${example}, or --classes FILE with one per line.`,
    );
  }
  if (classes.length === count) return classes;
  throw new SightlineError(
    'usage',
    `${path} has ${count} classes, but ${by} names ${classes.length} (${listed(classes.slice(0, 5))}): name each once, in the order of its outputs.`,
  );
}

/**
 * How a Keras or TensorFlow.js network is used that Sightline did not save: its size is in the model. Default of its input
 * range: 0-255 where the network begins by rescaling its pixels, else 0-1.
 *
 * @throws SightlineError `missing` or `usage` for its classes, `data` where it does not take RGB images of one size
 */
export function foreignMetadata(path: string, model: LayersModel, hints: ModelHints): Foreign {
  const [height = hints.imageSize?.[0], width = hints.imageSize?.[1], channels] = (
    model.inputs[0]?.shape ?? []
  )
    .slice(1)
    .map((size) => size ?? undefined);
  if (model.inputs.length !== 1 || !height || !width || channels !== 3) {
    const shapes = model.inputs.map(({ shape }) => shape.slice(1).map((size) => size ?? 'any'));
    const taken = shapes.map((shape) => shape.join('x')).join(' and ');
    throw new SightlineError(
      'data',
      `${path} takes ${taken}: expected RGB images of one size, height x width x 3. Where the size is open, say it with --image-size.`,
    );
  }
  const units = model.outputs[0]?.shape.at(-1) ?? 0;
  const exported = teachableMachine(path);
  const by = hints.classes ? undefined : join(path, 'metadata.json');
  const classes = classesOf(path, Math.max(units, 2), hints.classes ?? exported?.labels, by);
  const size = [height, width] as const;
  if (exported && !hints.inputRange) {
    const assumptions = [
      `${path} is an export of Teachable Machine: ${INPUT_RANGES['-1-1'].words}, the middle of images at ${height}x${width}.`,
    ];
    const metadata = { inputRange: '-1-1', interpolation: 'bilinear', fit: 'crop' } as const;
    return { metadata: { classes: [...classes], imageSize: [...size], ...metadata }, assumptions };
  }
  const first = model.layers.find((layer) => layer.getClassName() !== 'InputLayer');
  const inputRange = hints.inputRange ?? (first?.getClassName() === 'Rescaling' ? '0-255' : '0-1');
  return {
    metadata: { classes: [...classes], imageSize: [...size], inputRange, interpolation: 'bilinear' },
    assumptions: [
      ...assumed(size, hints.inputRange ? undefined : inputRange),
      ...(classifierOutputs(model).gives === 'logits' ? [LOGITS] : []),
    ],
  };
}

/** Said of a network that gives logits. */
export const LOGITS = 'It ends in no softmax: one is applied to its outputs.';

/** Sentences about how images go into a network that does not say it. */
export function assumed(
  [height, width]: readonly [number, number],
  inputRange: InputRange | undefined,
): string[] {
  const resized = `Assumed: images are stretched to ${height}x${width}, bilinear.`;
  if (inputRange === undefined) return [resized];
  return [
    resized,
    `Assumed: ${INPUT_RANGES[inputRange].words}. If that is wrong, say so with --input-range.`,
  ];
}

const teachableMachineSchema = z.looseObject({ labels: z.array(z.string()).min(2) });

/** What Teachable Machine writes beside `model.json`, where `path` is such an export. */
function teachableMachine(path: string): z.infer<typeof teachableMachineSchema> | undefined {
  const file = join(path, 'metadata.json');
  if (!existsSync(file)) return undefined;
  try {
    return teachableMachineSchema.safeParse(JSON.parse(readRegularFile(file).toString('utf8'))).data;
  } catch {
    return undefined;
  }
}
