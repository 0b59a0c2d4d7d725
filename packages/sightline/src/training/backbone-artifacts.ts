/**
 * What the site shows about the pretrained network behind a run: the kernels of its first layer, its layer table, what
 * its layers make of an image, and what EfficientNet-Lite0, which knows ImageNet's 1,000 classes, says about some
 * validation images.
 */
import { type Backbone, firstKernels, openBackbone } from '@sightline/backbone';
import { type Dataset, loadImages, type ResizeOptions, type Sample, samplesOf } from '@sightline/data';
import { isBackboneFile, loadBackbone } from '@sightline/models';
import { type ActivationsRecord, encodeNpy, type Guesses, type RunWriter } from '@sightline/runs';
import { encodePng, grayGrid } from '@sightline/viz';

/** Goes up with each change of what is written: see earlier-artifacts. */
export const BACKBONE_ARTIFACTS_VERSION = 1;

/** Images that are classified: two rows of the page. */
const IMAGES = 6;

/** Channels of each layer that are shown. */
const CHANNELS = 16;
const CHANNEL_COLUMNS = 8;
/** Pixels of a channel's side, about: sharp places, however few they are. */
const CHANNEL_SIDE = 84;

/** Steps that write `backbone-kernels.npy`, `backbone-layers.json`, `activations.json` and `guesses.json`. */
export function backboneArtifacts(
  writer: RunWriter,
  dataset: Dataset,
  name: string | null,
  resize: ResizeOptions,
): (() => Promise<void>)[] {
  if (name === null) return [];
  const [sample] = samplesOf(dataset, 'validation');
  if (sample === undefined) return [];
  // The kernels and blocks of a network from a file are not known.
  if (isBackboneFile(name)) return [() => writeGuesses(writer, dataset)];
  return [
    async () => writeTables(writer, await loadBackbone(name)),
    async () => writeActivations(writer, dataset, sample, await loadBackbone(name), resize),
    () => writeGuesses(writer, dataset),
  ];
}

function writeTables(writer: RunWriter, backbone: Backbone): void {
  writer.writeArtifact('backbone-kernels.npy', encodeNpy(firstKernels(backbone)));
  const layers = backbone.layers(backbone.imageSize);
  const total = layers.reduce((sum, { parameters }) => sum + parameters, 0);
  writer.writeArtifact('backbone-layers.json', { layers, total });
}

/** The last block at each size of its activations, from fine to coarse. */
function shownBlocks(backbone: Backbone, size: ResizeOptions['size']): string[] {
  const blocks = [...new Set(backbone.table().map(({ block }) => block))];
  const placed = blocks
    .map((block) => ({ block, shape: backbone.featureShape(size, block) }))
    .filter(({ shape }) => shape.length === 3 && shape[0]! > 1);
  return placed.filter(({ shape }, i) => shape[0] !== placed[i + 1]?.shape[0]).map(({ block }) => block);
}

async function writeActivations(
  writer: RunWriter,
  dataset: Dataset,
  sample: Sample,
  backbone: Backbone,
  resize: ResizeOptions,
): Promise<void> {
  const splits = { train: [], validation: [sample] };
  const { data } = await loadImages({ ...dataset, splits }, 'validation', resize);
  const blocks = shownBlocks(backbone, resize.size);
  const opened = await openBackbone(backbone, {
    imageSize: resize.size,
    blocks,
    batchSize: 1,
    providers: ['cpu'],
  });
  const outputs = await opened.activations(data, 1);
  opened.release();
  const layers: ActivationsRecord['layers'] = [];
  for (const [i, activations] of outputs.blocks.entries()) {
    const upTo = blocks[i]!;
    const [height, width, count] = backbone.featureShape(resize.size, upTo) as [number, number, number];
    const channels = strongestChannels(activations, count);
    const picture = `activations-${layers.length + 1}.png`;
    const grid = grayGrid(activations, [height, width, count], {
      channels,
      columns: CHANNEL_COLUMNS,
      scale: Math.max(1, Math.round(CHANNEL_SIDE / height)),
    });
    writer.writeArtifact(picture, encodePng(grid));
    layers.push({ name: upTo, shape: [height, width, count], channels, columns: CHANNEL_COLUMNS, picture });
  }
  const label = dataset.classes[sample.label]!;
  writer.writeArtifact('activations.json', { network: backbone.name, path: sample.path, label, layers });
}

/** The channels that vary most over the image, in their order. */
function strongestChannels(activations: Float32Array, count: number): number[] {
  const [sums, squares] = [new Float64Array(count), new Float64Array(count)];
  activations.forEach((value, i) => {
    sums[i % count]! += value;
    squares[i % count]! += value * value;
  });
  const places = activations.length / count;
  const variance = (k: number) => squares[k]! / places - (sums[k]! / places) ** 2;
  const order = Array.from({ length: count }, (_, k) => k).sort((a, b) => variance(b) - variance(a));
  return order.slice(0, CHANNELS).sort((a, b) => a - b);
}

/** The five most probable classes of one validation image per class, or of several for few classes. */
async function writeGuesses(writer: RunWriter, dataset: Dataset): Promise<void> {
  const validation = someOf(samplesOf(dataset, 'validation'), dataset.classes.length);
  const backbone = await loadBackbone('efficientnet-lite0');
  const { data } = await loadImages({ ...dataset, splits: { train: [], validation } }, 'validation', {
    size: backbone.imageSize,
    interpolation: 'bilinear',
    fit: 'crop',
  });
  const network = await openBackbone(backbone, { imageSize: backbone.imageSize, top: true });
  try {
    const guesses = await network.classify(data, validation.length, { top: 5 });
    const record: Guesses = {
      network: 'EfficientNet-Lite0',
      weights: network.weights.origin,
      images: validation.map(({ path, label }, i) => ({
        path,
        label: dataset.classes[label] ?? '',
        classes: guesses[i]!.map(({ name, probability }) => ({ name, probability })),
      })),
    };
    writer.writeArtifact('guesses.json', record);
  } finally {
    network.release();
  }
}

/** Samples of as many classes as there is room for, classes taking turns. */
function someOf(samples: readonly Sample[], classes: number): Sample[] {
  const byClass = Array.from({ length: classes }, (_, label) =>
    samples.filter((sample) => sample.label === label),
  );
  const rounds = Array.from({ length: IMAGES }, (_, round) =>
    byClass.flatMap((members) => members.slice(round, round + 1)),
  );
  return rounds.flat().slice(0, IMAGES);
}
