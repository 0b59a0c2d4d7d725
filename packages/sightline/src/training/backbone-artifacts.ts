/**
 * What the site shows about the pretrained network behind a run: the kernels of its first layer, its layer table, and
 * what EfficientNet-Lite0, which knows ImageNet's 1,000 classes, says about some validation images.
 */
import { firstKernels, openBackbone } from '@sightline/backbone';
import { type Dataset, loadImages, type Sample, samplesOf } from '@sightline/data';
import { loadBackbone } from '@sightline/models';
import { encodeNpy, type Guesses, type RunWriter } from '@sightline/runs';

/** Images that are classified: two rows of the page. */
const IMAGES = 6;

/** Writes `backbone-kernels.npy`, `backbone-layers.json` and `guesses.json`. */
export async function writeBackboneArtifacts(
  writer: RunWriter,
  dataset: Dataset,
  name: string,
): Promise<void> {
  const backbone = await loadBackbone(name);
  writer.writeArtifact('backbone-kernels.npy', encodeNpy(firstKernels(backbone)));
  const layers = backbone.layers(backbone.imageSize);
  const total = layers.reduce((sum, { parameters }) => sum + parameters, 0);
  writer.writeArtifact('backbone-layers.json', { layers, total });
  const guesses = await guessesOf(dataset);
  if (guesses) writer.writeArtifact('guesses.json', guesses);
}

/** The five most probable classes of one validation image per class, or of several for few classes. */
async function guessesOf(dataset: Dataset): Promise<Guesses | undefined> {
  const validation = someOf(samplesOf(dataset, 'validation'), dataset.classes.length);
  if (validation.length === 0) return undefined;
  const backbone = await loadBackbone('efficientnet-lite0');
  const { data } = await loadImages({ ...dataset, splits: { train: [], validation } }, 'validation', {
    size: backbone.imageSize,
    interpolation: 'bilinear',
    fit: 'crop',
  });
  const network = await openBackbone(backbone, { imageSize: backbone.imageSize, top: true });
  try {
    const guesses = await network.classify(data, validation.length, { top: 5 });
    return {
      network: 'EfficientNet-Lite0',
      weights: network.weights.origin,
      images: validation.map(({ path, label }, i) => ({
        path,
        label: dataset.classes[label] ?? '',
        classes: guesses[i]!.map(({ name, probability }) => ({ name, probability })),
      })),
    };
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
