/**
 * Networks of Keras' files built in TensorFlow.js: Sequential and functional models, models in models (as transfer
 * learning makes them), and the arithmetic with constants that Keras keeps as operations. Models in models become one
 * network of plain layers, which every other part of Sightline reads.
 */
import { SightlineError } from '@sightline/core';
import * as tfl from '@tensorflow/tfjs-layers';
import type { Json, KerasModel, LayerConfig } from './keras-config.ts';
import { type ReadLayer, readLayer, rescaling } from './keras-layers.ts';
import type { StoredLayer } from './stored-layer.ts';

type Tensor = tfl.SymbolicTensor;

export interface KerasNetwork {
  readonly model: tfl.LayersModel;
  readonly stored: readonly StoredLayer[];
}

interface Context {
  readonly file: string;
  readonly isKeras2: boolean;
  readonly stored: StoredLayer[];
  /** Names in use: those of a model in a model may be those of another. */
  readonly names: Set<string>;
}

/** Models in models are built by calls within calls; no published network has more than four. */
const DEEPEST = 16;

const MODELS = ['Sequential', 'Functional', 'Model'];

/**
 * Build the network of a file.
 *
 * @throws SightlineError `unsupported-layer` that names the layer and what of it is not supported, `saved-model` where
 * the description is no whole network
 */
export function buildKeras(file: string, model: KerasModel, isKeras2: boolean): KerasNetwork {
  if (!MODELS.includes(model.class_name)) {
    throw new SightlineError(
      'unsupported-layer',
      `${file} holds a ${model.class_name}: a Sequential or functional model can be read.`,
    );
  }
  const context: Context = { file, isKeras2, stored: [], names: new Set() };
  const root = openModel(model, { names: [], groups: [], isTrainable: true }, context);
  const inputs = root.inputs();
  const outputs = root.call(inputs);
  const chain = chainOf(model, inputs, outputs);
  const name = model.config.name;
  const network = chain ? tfl.sequential({ name, layers: chain }) : tfl.model({ name, inputs, outputs });
  return { model: network, stored: context.stored };
}

interface Place {
  readonly names: readonly string[];
  readonly groups: readonly string[];
  readonly isTrainable: boolean;
}

/** A model whose layers are made once, however often it is called. */
interface OpenModel {
  inputs(): Tensor[];
  call(inputs: readonly Tensor[]): Tensor[];
}

function openModel(model: KerasModel, place: Place, context: Context): OpenModel {
  if (place.names.length > DEEPEST) {
    throw new SightlineError(
      'saved-model',
      `${context.file} has models in models, more than ${DEEPEST} deep.`,
    );
  }
  const { layers } = model.config;
  const groups = groupNames(layers);
  const inner = layers.map((layer, i) => {
    const at: Place = {
      names: [...place.names, layer.config.name],
      groups: [...place.groups, groups[i]!],
      isTrainable: place.isTrainable && layer.config.trainable !== false,
    };
    return openLayer(layer, at, context);
  });
  return model.class_name === 'Sequential'
    ? sequential(model, inner, context)
    : functional(model, inner, context);
}

type Call = (inputs: readonly Tensor[], constants: readonly Constant[]) => Tensor[];

/** A number among a call's arguments, and its place. */
interface Constant {
  readonly at: number;
  readonly value: number;
}

function openLayer(layer: LayerConfig, place: Place, context: Context): Call {
  if (layer.class_name === 'InputLayer') return (inputs) => [...inputs];
  const operation = operationOf(layer);
  if (operation) return openOperation(operation, layer.config.name, context);
  if (MODELS.includes(layer.class_name)) {
    const model = openModel(layer as unknown as KerasModel, place, context);
    return (inputs) => model.call(inputs);
  }
  let made: ReadLayer | undefined;
  return (inputs) => {
    if (!made) {
      const config = { ...layer.config, name: ownName(place.names, context) };
      const shapes = inputs.map(({ shape }) => shape);
      made = readLayer({ ...layer, config }, { ...context, shapes });
      const [first] = made.layers;
      first!.trainable = place.isTrainable;
      context.stored.push({ ...place, layer: first!, variables: made.variables });
    }
    let x: Tensor | Tensor[] = inputs.length === 1 ? inputs[0]! : distinct(inputs, place, context);
    for (const next of made.layers) x = next.apply(x) as Tensor;
    return [x as Tensor];
  };
}

/**
 * TensorFlow.js counts an array that goes into a layer twice as one reader, and disposes of it before the next: each
 * further one becomes a copy.
 */
function distinct(inputs: readonly Tensor[], { names }: Pick<Place, 'names'>, context: Context): Tensor[] {
  return inputs.map((tensor, i) => {
    if (inputs.indexOf(tensor) === i) return tensor;
    const name = ownName([`${names.at(-1)}_input_${i}`], context);
    return rescaling(name, 1, 0).apply(tensor) as Tensor;
  });
}

/** The layer's own name; with those of its models before it where it is another layer's as well. */
function ownName(names: readonly string[], { names: used }: Context): string {
  let name = names.at(-1)!;
  if (used.has(name)) name = names.join('_');
  const stem = name;
  for (let i = 1; used.has(name); i++) name = `${stem}_${i}`;
  used.add(name);
  return name;
}

function sequential({ config }: KerasModel, layers: readonly Call[], { file }: Context): OpenModel {
  const [first] = config.layers;
  return {
    inputs() {
      const shape =
        first?.config.batch_shape ??
        first?.config.batch_input_shape ??
        config.build_input_shape ??
        (first as { build_config?: { input_shape?: unknown } } | undefined)?.build_config?.input_shape;
      return [input(file, config.name, shape)];
    },
    call: (inputs) => layers.reduce<Tensor[]>((x, call) => call(x, []), [...inputs]),
  };
}

function functional({ config }: KerasModel, layers: readonly Call[], { file, isKeras2 }: Context): OpenModel {
  const inputNames = ends(config.input_layers).map(([name]) => name);
  const byName = new Map(config.layers.map((layer, i) => [nameOf(layer), { layer, call: layers[i]! }]));
  const entryOf = (name: string) => byName.get(name) ?? missing(file, name);
  // A model counts its own making as its first call: Keras 2 does so everywhere, Keras 3 where outputs are named.
  const keyOf = ([name, node]: End, isOutput: boolean): string => {
    const kind = entryOf(name).layer.class_name;
    const countsMaking = isKeras2 ? MODELS.includes(kind) : isOutput && kind === 'Functional';
    return callKey(name, countsMaking ? Math.max(node - 1, 0) : node);
  };
  return {
    inputs: () =>
      inputNames.map((name) => {
        const { batch_shape: shape, batch_input_shape: older } = entryOf(name).layer.config;
        return input(file, name, shape ?? older);
      }),
    call(inputs) {
      const tensors = new Map(inputNames.map((name, i) => [callKey(name, 0), [inputs[i]!]]));
      const find = (end: End, isOutput = false) => tensors.get(keyOf(end, isOutput))?.[end[2]];
      // In the order in which their inputs are there; a circle would leave some over.
      let left = config.layers.flatMap((layer) =>
        callsOf(layer).map((call, index) => ({
          ...call,
          name: nameOf(layer),
          key: callKey(nameOf(layer), index),
        })),
      );
      while (left.length > 0) {
        const waiting = left.filter(({ key, name, inputs: ends, constants }) => {
          const found = ends.map((end) => find(end));
          if (found.includes(undefined)) return true;
          if (!tensors.has(key)) tensors.set(key, entryOf(name).call(found as Tensor[], constants));
          return false;
        });
        if (waiting.length === left.length) missing(file, waiting[0]!.inputs.find((end) => !find(end))![0]);
        left = waiting;
      }
      return ends(config.output_layers).map((end) => find(end, true) ?? missing(file, end[0]));
    },
  };
}

const callKey = (layer: string, call: number): string => `${layer} ${call}`;

function missing(file: string, layer: string): never {
  throw new SightlineError(
    'saved-model',
    `${file} names the output of a layer ${layer} that it does not describe: the file is damaged.`,
  );
}

function input(file: string, name: string, shape: unknown): Tensor {
  const isShape = Array.isArray(shape) && shape.length > 1 && shape.every(isSize);
  if (!isShape) {
    throw new SightlineError(
      'saved-model',
      `${file}: the model ${name} does not say the shape of its input: call it on an image in Keras, and save it again.`,
    );
  }
  return tfl.input({ batchShape: shape as number[], name });
}

const isSize = (size: unknown): boolean => size === null || (Number.isInteger(size) && (size as number) > 0);

type End = [layer: string, node: number, tensor: number];

/** `['x', 0, 0]` for one, `[['x', 0, 0], …]` for several. */
function ends(list: unknown): End[] {
  const entries = list as unknown[];
  return (typeof entries?.[0] === 'string' ? [entries] : (entries ?? [])) as End[];
}

interface Node {
  readonly inputs: readonly End[];
  readonly constants: readonly Constant[];
}

/** Each call of a layer: nested arguments with their history in Keras 3, lists of ends in Keras 2. */
function callsOf({ inbound_nodes: nodes = [] }: LayerConfig): Node[] {
  return nodes.map((node) => {
    const inputs: End[] = [];
    const constants: Constant[] = [];
    let at = 0;
    const visit = (value: unknown): void => {
      if (typeof value === 'number') constants.push({ at: at++, value });
      else if (Array.isArray(value)) for (const item of value) visit(item);
      else if (value !== null && typeof value === 'object') {
        const history = (value as { config?: { keras_history?: End } }).config?.keras_history;
        if (history) {
          inputs.push(history);
          at++;
        }
      }
    };
    if (Array.isArray(node)) {
      const isEnd = typeof node[0] === 'string';
      for (const [layer, index, tensor, keywords] of (isEnd ? [node] : node) as [...End, Json][]) {
        inputs.push([layer, index, tensor]);
        at++;
        for (const value of Object.values(keywords ?? {})) visit(value);
      }
    } else {
      const { args, kwargs } = node as { args: unknown; kwargs?: Json };
      visit(args);
      for (const value of Object.values(kwargs ?? {})) visit(value);
    }
    return { inputs, constants };
  });
}

const nameOf = (layer: LayerConfig): string =>
  (layer as unknown as { name?: string }).name ?? layer.config.name;

const OPERATIONS: Readonly<Record<string, string>> = {
  Add: 'add',
  Subtract: 'subtract',
  Multiply: 'multiply',
  TrueDivide: 'divide',
  Divide: 'divide',
  'math.add': 'add',
  '__operators__.add': 'add',
  'math.subtract': 'subtract',
  '__operators__.sub': 'subtract',
  'math.multiply': 'multiply',
  '__operators__.mul': 'multiply',
  'math.truediv': 'divide',
  '__operators__.truediv': 'divide',
  'math.divide': 'divide',
};

/**
 * The operation that an entry is, which is no layer: in Keras 2 by its class; in Keras 3 by its module, or, in a `.h5`
 * file, by having nothing but a name.
 */
function operationOf(layer: LayerConfig): string | undefined {
  if (layer.class_name === 'TFOpLambda') return String(layer.config.function);
  const { module } = layer as unknown as { module?: string };
  const isOperation = module === undefined ? isBare(layer.config) : /^keras\.(src\.)?ops\b/.test(module);
  return isOperation ? layer.class_name : undefined;
}

const isBare = (config: Json): boolean => Object.keys(config).every((key) => key === 'name');

function openOperation(kind: string, name: string, context: Context): Call {
  const operation = OPERATIONS[kind];
  const refuse = (why: string): never => {
    throw new SightlineError('unsupported-layer', `${context.file}: the operation ${name} (${kind}) ${why}.`);
  };
  if (!operation) return () => refuse(`is not supported. Supported: add, subtract, multiply and divide`);
  let made = 0;
  return (inputs, constants) => {
    const own = ownName([made++ === 0 ? name : `${name}_${made}`], context);
    const [x, y] = inputs;
    const [constant] = constants;
    if (inputs.length === 2 && (operation === 'add' || operation === 'multiply')) {
      const pair = distinct([x!, y!], { names: [own] }, context);
      return [tfl.layers[operation]({ name: own }).apply(pair) as Tensor];
    }
    if (inputs.length !== 1 || !constant) return refuse('takes other arguments than an array and a number');
    const { value, at } = constant;
    const scales: Record<string, [number, number] | undefined> = {
      add: [1, value],
      multiply: [value, 0],
      subtract: at === 0 ? [-1, value] : [1, -value],
      divide: at === 0 ? undefined : [1 / value, 0],
    };
    const scale = scales[operation] ?? refuse('divides a number by an array');
    return [rescaling(own, ...scale).apply(x!) as Tensor];
  };
}

/** The group of each layer in a `.keras` file: its class in snake case, numbered. Operations have none. */
export function groupNames(layers: readonly LayerConfig[]): string[] {
  const used = new Map<string, number>();
  return layers.map((layer) => {
    if (operationOf(layer)) return '';
    const stem = layer.class_name
      .replaceAll(/(.)([A-Z][a-z]+)/g, '$1_$2')
      .replaceAll(/([a-z])([A-Z])/g, '$1_$2')
      .toLowerCase();
    const count = used.get(stem) ?? 0;
    used.set(stem, count + 1);
    return count ? `${stem}_${count}` : stem;
  });
}

/** The layers of a plain Sequential, which stays one; undefined for every other network. */
function chainOf(
  { class_name, config }: KerasModel,
  inputs: readonly Tensor[],
  outputs: readonly Tensor[],
): tfl.layers.Layer[] | undefined {
  if (class_name !== 'Sequential' || config.layers.some((layer) => MODELS.includes(layer.class_name))) return;
  const layers: tfl.layers.Layer[] = [];
  let tensor = outputs[0]!;
  while (tensor !== inputs[0]) {
    layers.unshift(tensor.sourceLayer);
    tensor = tensor.inputs[0]!;
  }
  return [tensor.sourceLayer, ...layers];
}
