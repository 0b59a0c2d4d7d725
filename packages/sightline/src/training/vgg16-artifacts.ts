/** What the site shows about VGG16 itself: its first kernels, its layers, and its five best classes of one image. */
import { type Dataset, loadImages } from '@sightline/data';
import { encodeNpy, type RunWriter, type Top5 } from '@sightline/runs';
import { encodePng } from '@sightline/viz';

/** Height and width of the images that the head for 200 classes was trained on. */
const headSize = [128, 128] as const;

/** Writes `vgg16-kernels.npy`, `vgg16-layers.json`, and `top5.json` with the picture beside it. */
export async function writeVgg16Artifacts(writer: RunWriter, dataset: Dataset): Promise<void> {
  const { createVgg16, firstLayerKernels, layerTable } = await import('@sightline/vgg16');
  const kernels = await firstLayerKernels();
  writer.writeArtifact('vgg16-kernels.npy', encodeNpy({ data: kernels, shape: [3, 3, 3, 64] }));
  const layers = layerTable({ top: true, inputSize: [224, 224] });
  const total = layers.reduce((sum, { parameters }) => sum + parameters, 0);
  writer.writeArtifact('vgg16-layers.json', { layers, total });

  // The first validation image of the last class: the class that is looked for, where there are two.
  const label = dataset.classes.length - 1;
  const sample = dataset.splits.validation.find((each) => each.label === label);
  if (!sample) return;
  const one = { ...dataset, splits: { train: [], validation: [sample] } };
  const { data } = await loadImages(one, 'validation', { size: headSize, interpolation: 'bilinear' });
  const vgg16 = await createVgg16({ top: 'head200', inputSize: headSize, batchSize: 1 });
  const [guesses = []] = await vgg16.classify(data, 1);
  await vgg16.release();
  const [height, width] = headSize;
  writer.writeArtifact('top5.png', encodePng({ data, width, height, channels: 3 }));
  const answer: Top5 = {
    path: sample.path,
    image: 'top5.png',
    label: dataset.classes[label] ?? '',
    classes: guesses,
    weights: vgg16.weights,
  };
  writer.writeArtifact('top5.json', answer);
}
