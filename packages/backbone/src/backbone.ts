/** The interface of a pretrained network: what it is, and how it appends itself to an ONNX graph. */

import type { GraphBuilder, Value } from '@sightline/onnx';
import type { Provider } from '@sightline/ort';
import type { Layer } from './layer.ts';
import type { StoredTensor } from './weights/safetensors.ts';

export type Size = readonly [height: number, width: number];

/** A class of a pretrained classifier; its WordNet id where it has one. */
export interface ClassName {
  readonly name: string;
  readonly wnid?: string;
  readonly synonyms?: readonly string[];
}

export interface WeightsInfo {
  /** Where the weights come from, for a run's record. */
  readonly origin: string;
  /** SPDX identifier; NOASSERTION for a file that the user brought. */
  readonly license: string;
  /** Hash of the weights file, in hex; absent for a file that the user brought. */
  readonly sha256?: string;
}

/** A row of the layer table that people read; `null` in a shape is the batch. */
export interface LayerRow {
  readonly name: string;
  readonly type: string;
  readonly outputShape: readonly (number | null)[];
  readonly parameters: number;
}

/** The smallest and the largest value of each observed activation, by its name. */
export type Ranges = Readonly<Record<string, readonly [low: number, high: number]>>;

/** Large weights: a tensor, or nodes that compute one from constants. */
export type FedWeights = StoredTensor | ((g: GraphBuilder) => Value);

export interface AppendOptions {
  /**
   * Where the graph will run: lets a backbone choose an algorithm. Default: standard ONNX operators that any runtime
   * executes, with all weights as constants, which is what an exported model needs.
   */
  readonly target?: { readonly provider: Provider; readonly batchSize: number };
  /** Compute in 8 bits (static quantization) with these ranges of activations. Default: float32. */
  readonly ranges?: Ranges;
  /** Also append the network's own classifier. */
  readonly logits?: boolean;
  /** Stop after this block: `features` is its output (N, height, width, channels). Default: the whole network. */
  readonly upTo?: string;
  /** Blocks whose outputs are wanted as well. Default: none. */
  readonly blocks?: readonly string[];
  /** Called with each activation whose range int8 needs, while a float32 graph is appended. */
  readonly observe?: (name: string, activation: Value) => void;
  /**
   * Makes a weight an input of the graph, computed once and fed to each run, because as a constant it would be copied
   * several times on its way into the runtime. Default: weights are constants.
   */
  readonly feed?: (name: string, weights: FedWeights) => Value;
}

export interface Appended {
  /** float32 (N, …featureShape). */
  readonly features: Value;
  /** float32 (N, classes), before the softmax; present if `logits` was asked for. */
  readonly logits?: Value;
  /** Outputs of the blocks that were asked for, in their order: float32 (N, height, width, channels). */
  readonly blocks: readonly Value[];
}

/** A pretrained network with its weights loaded. */
export interface Backbone {
  /** As users name it: `efficientnet-lite0`, `vgg16`. */
  readonly name: string;
  readonly weights: WeightsInfo;
  /** The image size it was made for. */
  readonly imageSize: Size;
  /** The smallest height and width it accepts. */
  readonly minimumSize: number;
  /** Images that run at once fastest. Default: 32. */
  readonly batchSize?: number;
  /** Whether its graph came in a file that anyone can have written: it runs in a process of its own, on cpu. */
  readonly isForeign?: boolean;
  /** The classes of its own top, in the order of its logits; absent if it has none. */
  readonly classes?: readonly ClassName[];
  /** Side of the middle square that its own top is given, as a share of the image's shorter side. Default: 0.875. */
  readonly cropFraction?: number;
  /** Ranges of activations on photographs, for int8 without images to calibrate with; absent if there are none. */
  readonly ranges?: Ranges;
  /** The shape of one image's features: [1280], or [h / 32, w / 32, 512]; after the block `upTo` if it is given. */
  featureShape(imageSize: Size, upTo?: string): readonly number[];
  /** The layer table with parameters; the rows of the top included unless `top` is false. */
  layers(imageSize: Size, options?: { readonly top?: boolean }): readonly LayerRow[];
  /**
   * Appends the network to a graph, preprocessing included.
   *
   * @param pixels uint8 (N, height, width, 3), RGB
   * @throws SightlineError `input` if the image size does not fit or `logits` is asked of a network without a top
   */
  append(g: GraphBuilder, pixels: Value, options?: AppendOptions): Appended;
  /** The layers up to the features, in order: what the trainable network is built from. */
  table(): readonly Layer[];
  /** The weights of the table's layers: `<layer>.weight` (filters, channels / groups, height, width) and `<layer>.bias`. */
  readonly tensors: ReadonlyMap<string, StoredTensor>;
}
