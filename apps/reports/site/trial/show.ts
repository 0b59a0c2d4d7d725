// An answer as a card: the class and how sure, the most probable classes as bars, and the training images most like it.

import { visible } from '@sightline/core';
import type { Trial } from '../../src/report/trial.ts';
import { element } from './element.ts';
import type { Answer } from './network.ts';

/** Classes that are shown. */
const TOP = 5;

const share = (probability: number) => probability.toFixed(3);

/** The probability below which an answer is not sure; one that rounds to 1 would promise that nothing ever is. */
export const thresholdText = (threshold: number): string => share(Math.min(threshold, 0.999));

/** A name that is written from right to left takes nothing that stands beside it along. */
const named = (name: string): HTMLElement => element('bdi', { textContent: name });

export function answerCard(
  trial: Trial,
  { prediction, neighbors, milliseconds }: Answer,
  address: (src: string) => string,
): HTMLElement {
  const { slug, threshold } = trial;
  const name = visible(trial.name);
  const probabilities = prediction.probabilities.map((each) => ({
    ...each,
    className: visible(each.className),
  }));
  const { probability, className: best } = probabilities[0]!;
  const className = prediction.className === null ? null : best;
  const verdict = element('p', { className: 'answer' }, [
    className === null ? 'Not sure' : element('b', {}, [named(className)]),
    ' ',
    element(
      'span',
      { className: 'quiet' },
      className === null ? ['perhaps ', named(best), `, ${share(probability)}`] : [share(probability)],
    ),
  ]);
  const bars = element('table', { className: 'probabilities' }, [
    element('caption', { className: 'unseen', textContent: `Probabilities by ${name}` }),
    element(
      'tbody',
      {},
      probabilities.slice(0, TOP).map(({ className, probability }) => {
        const row = element('tr', {}, [
          Object.assign(element('th', { textContent: className }), { scope: 'row' }),
          element('td', { className: 'number', textContent: share(probability) }),
        ]);
        row.style.setProperty('--share', `${(probability * 100).toFixed(1)}%`);
        return row;
      }),
    ),
  ]);
  const card = element('section', { className: 'answer-card' }, [
    element('h3', { textContent: name }),
    verdict,
    bars,
    ...(neighbors.length > 0
      ? [
          element('p', {
            className: 'note',
            textContent: 'The training images most like it, to this network:',
          }),
          element(
            'ul',
            { className: 'nearest' },
            neighbors.map(({ src, label, likeness }) =>
              element('li', {}, [
                element('img', { src: address(src), alt: `Training image of ${visible(label)}` }),
                element('span', { className: 'caption' }, [named(visible(label)), ` ${likeness.toFixed(2)}`]),
              ]),
            ),
          ),
        ]
      : []),
    element('p', {
      className: 'note',
      textContent: `${milliseconds < 10 ? milliseconds.toFixed(1) : Math.round(milliseconds)} ms${threshold === null ? '' : `; not sure below ${thresholdText(threshold)}`}`,
    }),
  ]);
  card.dataset.run = slug;
  return card;
}

export function problemCard(what: string, error: unknown): HTMLElement {
  const reason = error instanceof Error ? `: ${error.message}` : '.';
  return element('aside', { className: 'notice failed' }, [
    element('p', { textContent: `${what}${reason}` }),
  ]);
}
