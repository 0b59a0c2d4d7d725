// What an input of a traced step stands for, in words for messages and listings.
import type { Source } from './trace.ts';

/** Such as `variable dense/kernel`, `input 0`, `learning rate of Adam`. */
export function sourceName(source: Source): string {
  if ('variable' in source) return `variable ${source.variable.name}`;
  if ('input' in source) return `input ${source.input}`;
  if ('draw' in source) return `random numbers, draw ${source.draw}`;
  if ('rate' in source) {
    const rate = `learning rate of ${classOf(source.rate)}`;
    return source.factor === 1 ? rate : `${source.factor} * ${rate}`;
  }
  return `${source.key} of ${classOf(source.optimizer)}`;
}

const classOf = (optimizer: object): string => optimizer.constructor.name;
