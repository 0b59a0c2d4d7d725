/** `sightline summary`: the layer table of VGG16, or of a trained run. */
import { join } from 'node:path';
import { integer } from '@sightline/core';
import { layerTableSchema, readJson, readRun } from '@sightline/runs';
import { defineCommand } from 'citty';
import { openOutput } from '../terminal/output.ts';
import { table } from '../terminal/table.ts';
import { required, sharedOptions } from './options.ts';

interface Layers {
  layers: readonly {
    name: string;
    type: string;
    outputShape: readonly (number | null)[];
    parameters: number;
  }[];
  total: number;
}

export const summary = defineCommand({
  meta: { name: 'summary', description: 'The layer table of VGG16, or of a trained run' },
  args: {
    what: { type: 'positional', required: false, description: 'vgg16, or a run folder' },
    ...sharedOptions,
  },
  async run({ args }) {
    const [what] = required(args._, '"vgg16" or a run folder', 'sightline summary runs/baseline');
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
    openOutput({ isJson: args.json === true }).result(found, text);
  },
});

async function vgg16Layers(): Promise<Layers> {
  const { layerTable } = await import('@sightline/vgg16');
  const rows = layerTable({ top: true, inputSize: [224, 224] });
  return { layers: rows, total: rows.reduce((sum, row) => sum + row.parameters, 0) };
}

async function runLayers(dir: string): Promise<Layers> {
  const run = readRun(dir);
  return readJson(join(run.dir, 'artifacts', 'layers.json'), layerTableSchema);
}
