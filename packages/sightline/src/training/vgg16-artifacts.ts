/** What the site shows about VGG16 itself: its first kernels, its layers, and its five best classes of one image. */
import { firstKernels, openBackbone } from '@sightline/backbone';
import { type Dataset, loadImages } from '@sightline/data';
import { encodeNpy, type RunWriter, type Top5 } from '@sightline/runs';
import { encodePng } from '@sightline/viz';

/** Writes `vgg16-kernels.npy`, `vgg16-layers.json`, and `top5.json` with the picture beside it. */
export async function writeVgg16Artifacts(writer: RunWriter, dataset: Dataset): Promise<void> {
  const { layerTable, loadVgg16 } = await import('@sightline/vgg16');
  const backbone = await loadVgg16({ top: 'head200' });
  writer.writeArtifact('vgg16-kernels.npy', encodeNpy(firstKernels(backbone)));
  const layers = layerTable();
  const total = layers.reduce((sum, { parameters }) => sum + parameters, 0);
  writer.writeArtifact('vgg16-layers.json', { layers, total });

  // The first validation image of the last class: the class that is looked for, where there are two.
  const label = dataset.classes.length - 1;
  const sample = dataset.splits.validation.find((each) => each.label === label);
  if (!sample) return;
  const one = { ...dataset, splits: { train: [], validation: [sample] } };
  const { data } = await loadImages(one, 'validation', {
    size: backbone.imageSize,
    interpolation: 'bilinear',
  });
  const vgg16 = await openBackbone(backbone, { top: true, batchSize: 1 });
  const [guesses = []] = await vgg16.classify(data, 1);
  vgg16.release();
  const [height, width] = backbone.imageSize;
  writer.writeArtifact('top5.png', encodePng({ data, width, height, channels: 3 }));
  const answer: Top5 = {
    path: sample.path,
    image: 'top5.png',
    label: dataset.classes[label] ?? '',
    classes: guesses,
    weights: vgg16.weights.origin,
  };
  writer.writeArtifact('top5.json', answer);
}
