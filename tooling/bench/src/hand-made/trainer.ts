// Trains by the hand-made graph: onnxruntime-node's public API, each step's outputs fed back as the next one's inputs.

import { InferenceSession, Tensor } from 'onnxruntime-node';
import { handMadeStep, NAMES, PARAMETERS } from './graph.ts';

const [BETA1, BETA2] = [0.9, 0.999];

export class HandMadeTrainer {
  readonly #session: InferenceSession;
  readonly #batch: number;
  readonly #learningRate: number;
  readonly #state: Record<string, Tensor> = {};
  #steps = 0;

  private constructor(
    session: InferenceSession,
    batch: number,
    weights: readonly Float32Array[],
    learningRate: number,
  ) {
    this.#session = session;
    this.#batch = batch;
    this.#learningRate = learningRate;
    NAMES.forEach((name, i) => {
      const shape = PARAMETERS[name];
      const size = shape.reduce((n: number, dim) => n * dim, 1);
      this.#state[name] = new Tensor('float32', weights[i]!.slice(), shape);
      this.#state[`m_${name}`] = new Tensor('float32', new Float32Array(size), shape);
      this.#state[`v_${name}`] = new Tensor('float32', new Float32Array(size), shape);
    });
  }

  /** Weights in the order of `PARAMETERS`. */
  static async create(batch: number, weights: readonly Float32Array[], learningRate: number) {
    const session = await InferenceSession.create(handMadeStep(batch));
    return new HandMadeTrainer(session, batch, weights, learningRate);
  }

  /** One step on images (batch, 64, 64, 3) and labels (batch, 1); gives the loss before the update. */
  async step(x: Float32Array, y: Float32Array): Promise<number> {
    this.#steps++;
    const rate = (this.#learningRate * Math.sqrt(1 - BETA2 ** this.#steps)) / (1 - BETA1 ** this.#steps);
    const { loss, ...state } = await this.#session.run({
      x: new Tensor('float32', x, [this.#batch, 64, 64, 3]),
      y: new Tensor('float32', y, [this.#batch, 1]),
      rate: new Tensor('float32', Float32Array.of(rate), []),
      ...this.#state,
    });
    for (const [name, value] of Object.entries(state)) this.#state[name.slice('new_'.length)] = value;
    return (loss!.data as Float32Array)[0]!;
  }
}
