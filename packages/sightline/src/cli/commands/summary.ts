/** `sightline summary`: the layer table of a pretrained network or of a trained run, or what an ONNX file is made of. */

import { join } from 'node:path';
import { integer, quoted } from '@sightline/core';
import { readRegularFile } from '@sightline/core/files';
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
  usage: 'NAME | RUN | FILE.onnx',
  arguments: {
    NAME: `The name of a pretrained network: ${BACKBONE_NAMES.join(', ')}`,
    RUN: 'A run folder',
    FILE: 'An ONNX file',
  },
  examples: [
    { command: 'sightline summary efficientnet-lite0', does: 'A pretrained network' },
    { command: 'sightline summary runs/baseline', does: 'A network that was trained' },
  ],
  options: {},
  async run({ args: [what = ''], output }) {
    const next = { command: `${PROGRAM} predict ${quoted(what)} IMAGE...`, does: 'Classify images' };
    if (what.toLowerCase().endsWith('.onnx')) {
      const contents = await onnxContents(what);
      output.result(contents, onnxText(contents));
      output.next(next);
      return;
    }
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
        : next,
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

interface OnnxContents {
  readonly inputs: readonly OnnxTensor[];
  readonly outputs: readonly OnnxTensor[];
  /** How many nodes each operator has. */
  readonly operators: Readonly<Record<string, number>>;
  readonly parameters: number;
  readonly opset: number;
  readonly producer: string;
}

interface OnnxTensor {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly (number | string)[];
}

/** What the file says of itself: nothing is run. */
async function onnxContents(path: string): Promise<OnnxContents> {
  const { readUntrusted } = await import('@sightline/onnx');
  const { graph, opset, producer } = readUntrusted(readRegularFile(path), path);
  const constants = new Set(graph.initializers.map(({ name }) => name));
  const tensor = ({ name, dtype, shape }: OnnxTensor) => ({ name, dtype, shape: [...shape] });
  const operators = [...Map.groupBy(graph.nodes, ({ opType }) => opType)]
    .map(([name, { length }]) => [name, length] as const)
    .sort((a, b) => b[1] - a[1]);
  return {
    inputs: graph.inputs.filter(({ name }) => !constants.has(name)).map(tensor),
    outputs: graph.outputs.map(tensor),
    operators: Object.fromEntries(operators),
    parameters: graph.initializers.reduce((sum, { data }) => sum + data.length, 0),
    opset,
    producer,
  };
}

function onnxText({ inputs, outputs, operators, parameters }: OnnxContents): string {
  const row = (place: string) => (tensor: OnnxTensor) => [
    place,
    tensor.name,
    tensor.dtype,
    tensor.shape.join(' × '),
  ];
  const tensors = table(
    [{ title: '' }, { title: 'name' }, { title: 'type', drop: 1 }, { title: 'shape' }],
    [...inputs.map(row('input')), ...outputs.map(row('output'))],
  );
  const nodes = table(
    [{ title: 'operator' }, { title: 'nodes', align: 'right' }],
    Object.entries(operators).map(([name, count]) => [name, integer(count)]),
  );
  return `${tensors}\n\n${nodes}\n\n${integer(parameters)} parameters`;
}
