/** The library's events as a command's words: bars and lines while a network trains, a row for each epoch. */

import { decimal, duration, integer } from '@sightline/core';
import type { SightlineEvent } from '../events.ts';
import type { Output } from './output.ts';

type EventOf<Name extends SightlineEvent['event']> = Extract<SightlineEvent, { event: Name }>;

/** A listener that writes what happens to `output`. */
export function eventWriter(output: Output): (event: SightlineEvent) => void {
  const step = stepWriter(output);
  const epoch = epochWriter(output);
  const write: { [Name in SightlineEvent['event']]: (event: EventOf<Name>) => void } = {
    progress: output.progress,
    note: ({ message }) => output.note(message),
    warning: ({ message }) => output.warn(message),
    begin: ({ event, ...fields }) => output.event(event, fields),
    start: ({ event, ...fields }) => output.event(event, fields),
    run: ({ event, ...fields }) => output.event(event, fields),
    stage({ event, ...fields }) {
      output.status(`${fields.run}  ${fields.stage}`);
      output.event(event, fields);
    },
    step,
    epoch,
  };
  return (event) => write[event.event](event as never);
}

/** Images of all epochs and the time left, images per second, loss and accuracy of the epoch so far. */
function stepWriter(output: Output): (event: EventOf<'step'>) => void {
  let began = { run: '', epoch: 0, at: 0, rows: 0 };
  return ({ run, epoch, epochs, rows, size, loss, accuracy }) => {
    const now = performance.now();
    // From the epoch's first step on: what goes before it, such as tracing, is not part of the pace.
    if (epoch !== began.epoch || run !== began.run) began = { run, epoch, at: now, rows };
    const notes = () => {
      const perSecond = ((rows - began.rows) / (now - began.at)) * 1000;
      const pace = rows > began.rows ? [`${integer(perSecond)} images/s`] : [];
      return [`loss ${decimal(loss)}`, `epoch ${epoch}/${epochs}`, `accuracy ${decimal(accuracy)}`, ...pace];
    };
    output.progress({ what: run, done: (epoch - 1) * size + rows, total: epochs * size, notes });
  };
}

/** From narrow to wide terminals: the columns of an epoch's row that there is room for. */
const COLUMNS = [
  { title: 'epoch', width: 7, from: 0 },
  { title: 'loss', width: 8, from: 46 },
  { title: 'accuracy', width: 8, from: 56 },
  { title: 'val. loss', width: 9, from: 0 },
  { title: 'val. acc.', width: 9, from: 0 },
  { title: 'time', width: 7, from: 0 },
] as const;

/** A row for each epoch, under a head for each run; a mark at the best on the validation images so far. */
function epochWriter(output: Output): (event: EventOf<'epoch'>) => void {
  const row = (cells: readonly string[]) =>
    COLUMNS.map(({ width, from }, i) => ({ from, cell: cells[i]!.padStart(width) }))
      .filter(({ from }) => output.width >= from)
      .map(({ cell }) => cell)
      .join(' ');
  let last = { run: '', epoch: 0 };
  let best = -1;
  return ({ event, epochs, ...record }) => {
    const { run, epoch, loss, accuracy, valLoss, valAccuracy, seconds } = record;
    // Another run, or one of the same name, such as that of another seed.
    if (run !== last.run || epoch <= last.epoch) {
      output.note(row(COLUMNS.map(({ title }) => title)));
      best = -1;
    }
    last = { run, epoch };
    const isBest = valAccuracy > best;
    best = Math.max(best, valAccuracy);
    const metrics = [loss, accuracy, valLoss, valAccuracy].map(decimal);
    output.note(`${row([`${epoch}/${epochs}`, ...metrics, duration(seconds)])}${isBest ? ' ▲' : ''}`);
    output.event(event, record);
  };
}
