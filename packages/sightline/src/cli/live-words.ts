/** A training as its live page tells it: what is going on in a line, and when there is something new to show. */

import { decimal, integer } from '@sightline/core';
import type { SightlineEvent } from '../events.ts';
import type { LiveReport } from '../report.ts';

/** A listener that keeps a live report up to date. */
export function liveListener({ begin, say, changed }: LiveReport): (event: SightlineEvent) => void {
  return (event) => {
    switch (event.event) {
      case 'begin':
        begin(event.dir);
        say(`${event.run}: reading the images`);
        break;
      case 'progress':
        say(`${event.what}: ${integer(event.done)} of ${integer(event.total)} images`);
        break;
      case 'start':
        say(`${event.run}: training on ${integer(event.images.train)} images`);
        break;
      case 'stage':
        say(`${event.run}: ${event.stage}`);
        break;
      case 'step':
        say(stepInWords(event));
        break;
      case 'epoch':
      case 'run':
        changed();
        break;
    }
  };
}

function stepInWords(step: Extract<SightlineEvent, { event: 'step' }>): string {
  const { run, epoch, epochs, rows, size, loss, accuracy } = step;
  return `${run}: epoch ${epoch} of ${epochs}, ${integer(rows)} of ${integer(size)} images, loss ${decimal(loss)}, accuracy ${decimal(accuracy)}`;
}
