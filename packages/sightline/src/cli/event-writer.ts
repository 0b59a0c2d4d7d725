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
    const note = () => {
      const perSecond = ((rows - began.rows) / (now - began.at)) * 1000;
      const pace = rows > began.rows ? `  ${integer(perSecond)} images/s` : '';
      return `epoch ${epoch}/${epochs}${pace}  loss ${decimal(loss)}  accuracy ${decimal(accuracy)}`;
    };
    output.progress({ what: run, done: (epoch - 1) * size + rows, total: epochs * size, note });
  };
}

/** A row for each epoch, under a head for each run. */
function epochWriter(output: Output): (event: EventOf<'epoch'>) => void {
  const columns = ['epoch', 'loss', 'accuracy', 'val. loss', 'val. acc.', 'time'];
  const row = (name: string, cells: readonly string[]) =>
    `${name}  ${cells.map((cell, i) => cell.padStart(Math.max(8, columns[i]?.length ?? 0))).join(' ')}`;
  let current = '';
  return ({ event, epochs, ...record }) => {
    const { run, epoch, loss, accuracy, valLoss, valAccuracy, seconds } = record;
    if (run !== current) output.note(row(' '.repeat(run.length), columns));
    current = run;
    const metrics = [loss, accuracy, valLoss, valAccuracy].map(decimal);
    output.note(row(run, [`${epoch}/${epochs}`, ...metrics, duration(seconds)]));
    output.event(event, record);
  };
}
