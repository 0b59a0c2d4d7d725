/** `sightline summary`: the layer table of a pretrained network, or of a trained run. */

import { join } from 'node:path';
import { integer, quoted } from '@sightline/core';
import { BACKBONE_NAMES, type BackboneName, loadBackbone } from '@sightline/models/backbones';
import { PROGRAM } from '../../config/command-line.ts';
import { defineCommand } from '../command.ts';
import { table } from '../table.ts';

interface Layers {
  readonly layers: readonly {
    readonly name: string;
    readonly type: string;
    readonly outputShape: readonly (number | null)[];
    readonly parameters: number;
  }[];
  readonly total: number;
}

export const command = defineCommand({
  usage: 'NAME | RUN',
  arguments: { NAME: `The name of a pretrained network: ${BACKBONE_NAMES.join(', ')}`, RUN: 'A run folder' },
  examples: [
    { command: 'sightline summary efficientnet-lite0', does: 'A pretrained network' },
    { command: 'sightline summary runs/baseline', does: 'A network that was trained' },
  ],
  options: {},
  async run({ args: [what = ''], output }) {
    const found = isBackbone(what) ? await backboneLayers(what) : await runLayers(what);
    const rows = found.layers.map(({ name, type, outputShape, parameters }) => [
      name,
      type,
      outputShape.map((size) => size ?? 'N').join(' × '),
      integer(parameters),
    ]);
    const text = table(
      [
        { title: 'layer' },
        { title: 'type', drop: 1 },
        { title: 'output' },
        { title: 'parameters', align: 'right' },
      ],
      [...rows, ['', '', 'all layers', integer(found.total)]],
    );
    output.result(found, text);
    output.next(
      isBackbone(what)
        ? { command: `${PROGRAM} train DIR --backbone ${what}`, does: 'Train a classifier on its features' }
        : { command: `${PROGRAM} predict ${quoted(what)} IMAGE...`, does: 'Classify images' },
    );
  },
});

const isBackbone = (name: string): name is BackboneName =>
  (BACKBONE_NAMES as readonly string[]).includes(name);

/** Layers at the image size that the network is made for, its own classifier included. */
async function backboneLayers(name: BackboneName): Promise<Layers> {
  const { layers, imageSize } = await loadBackbone(name);
  const rows = layers(imageSize);
  return { layers: rows, total: rows.reduce((sum, { parameters }) => sum + parameters, 0) };
}

async function runLayers(dir: string): Promise<Layers> {
  const { layerTableSchema, readJson, readRun } = await import('@sightline/runs');
  return readJson(join(readRun(dir).dir, 'artifacts', 'layers.json'), layerTableSchema);
}
