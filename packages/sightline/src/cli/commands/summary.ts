/** `sightline summary`: the layer table of VGG16, or of a trained run. */

import { join } from 'node:path';
import { integer } from '@sightline/core';
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
  arguments: { NAME: 'The name of a pretrained network: vgg16', RUN: 'A run folder' },
  examples: [
    { command: 'sightline summary vgg16', does: 'The pretrained network' },
    { command: 'sightline summary runs/baseline', does: 'A network that was trained' },
  ],
  options: {},
  async run({ args: [what = ''], output }) {
    const found = what === 'vgg16' ? await vgg16Layers() : await runLayers(what);
    const rows = found.layers.map(({ name, type, outputShape, parameters }) => [
      name,
      type,
      outputShape.map((size) => size ?? 'N').join(' × '),
      integer(parameters),
    ]);
    const text = table(
      [{ title: 'layer' }, { title: 'type' }, { title: 'output' }, { title: 'parameters', align: 'right' }],
      [...rows, ['', '', 'all layers', integer(found.total)]],
    );
    output.result(found, text);
  },
});

async function vgg16Layers(): Promise<Layers> {
  const { layerTable } = await import('@sightline/vgg16');
  const layers = layerTable();
  return { layers, total: layers.reduce((sum, { parameters }) => sum + parameters, 0) };
}

async function runLayers(dir: string): Promise<Layers> {
  const { layerTableSchema, readJson, readRun } = await import('@sightline/runs');
  return readJson(join(readRun(dir).dir, 'artifacts', 'layers.json'), layerTableSchema);
}
