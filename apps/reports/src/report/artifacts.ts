// What a run kept for the site in artifacts/: kernels, layer tables, sheets of images and a top-5 answer. Each may be
// absent; one that is damaged is left out, and the run's page says so.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { decimal, integer, SightlineError } from '@sightline/core';
import {
  augmentedSchema,
  type LoadedRun,
  layerTableSchema,
  mistakesSchema,
  rateSchema,
  readJson,
  readNpy,
  samplesSchema,
  top5Schema,
} from '@sightline/runs';
import { encodePng, type KernelSign, kernelGrid, rateChart } from '@sightline/viz';
import type { Assets } from './assets.ts';
import { toAugmentedSheet } from './augmented-sheet.ts';
import type { Artifacts, KernelPictures, Layers, Picture, RateCurve, Sheet, TopFive } from './model.ts';
import { addPng, Damaged, toSheet } from './pictures.ts';

/** Everything that there is; pictures go to `assets` under `slug`, what is damaged to `notes`. */
export function artifactsOf(run: LoadedRun, slug: string, assets: Assets, notes: string[]): Artifacts {
  const folder = join(run.dir, 'artifacts');
  const path = (name: string) => join(folder, name);
  const binary = run.run.data.classes.length === 2 ? run.run.data.classes : null;

  function ifThere<T>(name: string, read: () => T): T | null {
    if (!existsSync(path(name))) return null;
    try {
      return read();
    } catch (error) {
      if (!(error instanceof SightlineError || error instanceof SightlineError || error instanceof Damaged))
        throw error;
      notes.push(`${name} is left out: ${error.message.replaceAll(`${folder}/`, '')}`);
      return null;
    }
  }

  const sheet = <Shown extends Sheet>(name: string, toSheet: (json: string, png: string) => Shown) =>
    ifThere(`${name}.json`, () => toSheet(path(`${name}.json`), `${name}.png`));

  return {
    kernels: ifThere('kernels.npy', () =>
      kernelPictures(path('kernels.npy'), slug, 'kernels', run.name, assets),
    ),
    layers: ifThere('layers.json', () => layerRows(path('layers.json'))),
    rate: ifThere('rate.json', () => rateCurve(path('rate.json'), run.run.config.optimizer.learningRate)),
    vgg16Kernels: ifThere('vgg16-kernels.npy', () =>
      kernelPictures(path('vgg16-kernels.npy'), slug, 'vgg16-kernels', 'VGG16', assets),
    ),
    vgg16Layers: ifThere('vgg16-layers.json', () => layerRows(path('vgg16-layers.json'))),
    topFive: ifThere('top5.json', () => topFive(folder, slug, assets)),
    samples: sheet('samples', (json, png) =>
      toSheet(folder, png, slug, assets, readJson(json, samplesSchema), (item) => ({
        alt: `An image of the class ${item.label}`,
        caption: item.label,
        detail: '',
      })),
    ),
    augmented: sheet('augmented', (json, png) =>
      toAugmentedSheet(folder, png, slug, assets, readJson(json, augmentedSchema)),
    ),
    mistakes: sheet('mistakes', (json, png) =>
      toSheet(folder, png, slug, assets, readJson(json, mistakesSchema), (item) => {
        const sure = binary && item.predicted === binary[0] ? 1 - item.score : item.score;
        return {
          alt: `An image of the class ${item.label} that was taken for ${item.predicted}`,
          caption: `${item.label}, taken for ${item.predicted}`,
          detail: `probability ${decimal(sure)}`,
        };
      }),
    ),
  };
}

/** The learning-rate finder's curve, and the run's own rate beside what it suggests. */
function rateCurve(path: string, own: number): RateCurve {
  const { curve, suggestion } = readJson(path, rateSchema);
  return {
    chart: {
      wide: rateChart(curve, { suggestion }),
      narrow: rateChart(curve, { suggestion, width: 350, height: 280 }),
    },
    suggestion: String(Number(suggestion.toPrecision(2))),
    own: String(Number(own.toPrecision(4))),
  };
}

function kernelPictures(
  path: string,
  slug: string,
  name: string,
  of: string,
  assets: Assets,
): KernelPictures {
  const { data, shape } = readNpy(path);
  if (!(data instanceof Float32Array)) throw new Damaged('it does not hold floating-point numbers.');
  const [height = 0, width = 0, channels = 0, count = 0] = shape;
  // About 40 pixels a tile: the page may show it larger, but never smaller on any screen.
  const scale = Math.max(1, Math.round(40 / Math.max(height, width, 1)));
  const draw = (sign: KernelSign): Picture => {
    const grid = kernelGrid(data, shape, sign, { scale });
    const src = assets.add(slug, `${name}-${sign}.png`, encodePng(grid));
    const alt = `The ${sign} weights of the ${count} kernels of ${of}'s first layer, each as a picture of ${height} by ${width} pixels`;
    return { src, width: grid.width, height: grid.height, alt };
  };
  return {
    positive: draw('positive'),
    negative: draw('negative'),
    count,
    size: `${height}×${width}×${channels}`,
  };
}

function layerRows(path: string): Layers {
  const table = readJson(path, layerTableSchema);
  return {
    rows: table.layers.map((layer) => ({
      name: layer.name,
      type: layer.type,
      outputShape: layer.outputShape.map((size) => (size === null ? 'N' : String(size))).join(' × '),
      parameters: integer(layer.parameters),
    })),
    total: integer(table.total),
  };
}

function topFive(folder: string, slug: string, assets: Assets): TopFive {
  const answer = readJson(join(folder, 'top5.json'), top5Schema);
  const { src, width, height } = addPng(folder, answer.image, slug, assets);
  return {
    picture: { src, width, height, alt: `An image of the class ${answer.label}: ${answer.path}` },
    label: answer.label,
    weights: answer.weights,
    classes: answer.classes.map(({ name, probability }) => ({
      name,
      probability: decimal(probability),
      share: probability,
    })),
  };
}
