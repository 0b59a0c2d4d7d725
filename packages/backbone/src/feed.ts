/** Large weights as inputs of a graph: computed once, kept outside of the model, and fed to each run. */

import { encodeModel, GraphBuilder, type Value } from '@sightline/onnx';
import { type Feeds, Session, tensorOf } from '@sightline/ort';
import type { FedWeights } from './backbone.ts';
import { floats, type StoredTensor } from './weights/safetensors.ts';

export class Feed {
  readonly #graph: GraphBuilder;
  readonly #tensors: Feeds = {};
  /** Computes what is not stored as it is fed. */
  readonly #once = new GraphBuilder('weights');

  constructor(graph: GraphBuilder) {
    this.#graph = graph;
  }

  /** Makes weights a float32 input of the graph; see `AppendOptions.feed`. */
  readonly input = (name: string, weights: FedWeights): Value => {
    const { shape } =
      typeof weights === 'function' ? this.#compute(name, weights) : this.#keep(name, weights);
    return this.#graph.input(name, 'float32', shape);
  };

  /** The tensors to feed under the names of the inputs. */
  compute(): Feeds {
    if (this.#once.outputs.length === 0) return this.#tensors;
    const session = new Session(encodeModel(this.#once.build()), { provider: 'cpu', workload: 'once' });
    try {
      return { ...this.#tensors, ...session.run({}) };
    } finally {
      session.dispose();
    }
  }

  #compute(name: string, nodes: (g: GraphBuilder) => Value): Value {
    return this.#once.output(name, nodes(this.#once));
  }

  #keep(name: string, tensor: StoredTensor): StoredTensor {
    this.#tensors[name] = tensorOf(floats(tensor), 'float32', tensor.shape);
    return tensor;
  }
}
