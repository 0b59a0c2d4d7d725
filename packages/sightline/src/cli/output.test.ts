import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { takePrinted } from '../../test/printed.ts';
import { eventWriter } from './event-writer.ts';
import { openOutput } from './output.ts';

let printed = '';
beforeEach(() => {
  printed = '';
  takePrinted((text) => {
    printed += text;
  });
});
afterEach(() => void vi.restoreAllMocks());

test('names from elsewhere do not reach the terminal as they are', () => {
  const output = openOutput({ isJson: false });
  output.note('a\u001b[2J');
  output.warn('b\u001b[2J');
  output.result(null, 'c\u001b[2J');
  expect(printed).toBe('a\\x1b[2J\nb\\x1b[2J\nc\\x1b[2J\n');
});

const record = {
  loss: 1.2345,
  accuracy: 0.5,
  valLoss: null,
  valAccuracy: 0.25,
  seconds: 1.5,
  learningRate: 0.1,
};

test('epochs are rows under a head, for each run', () => {
  const write = eventWriter(openOutput({ isJson: false }));
  for (const epoch of [1, 2]) write({ event: 'epoch', run: 'plain', epochs: 10, epoch, ...record });
  write({ event: 'epoch', run: 'other', epochs: 1, epoch: 1, ...record });
  expect(printed.split('\n')).toEqual([
    '          epoch     loss accuracy val. loss val. acc.     time',
    'plain      1/10    1.234    0.500  overflow     0.250    1.5 s',
    'plain      2/10    1.234    0.500  overflow     0.250    1.5 s',
    '          epoch     loss accuracy val. loss val. acc.     time',
    'other       1/1    1.234    0.500  overflow     0.250    1.5 s',
    '',
  ]);
});

test('with --json events are lines of JSON', () => {
  const output = openOutput({ isJson: true });
  const write = eventWriter(output);
  write({ event: 'note', message: 'not for programs' });
  write({ event: 'warning', message: 'look' });
  write({ event: 'epoch', run: 'plain', epochs: 10, epoch: 1, ...record });
  write({ event: 'progress', what: 'features', done: 5, total: 5 });
  output.next({ command: 'sightline', does: 'Not for programs' });
  const lines = printed
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines).toEqual([
    { event: 'warning', message: 'look' },
    { event: 'epoch', run: 'plain', epoch: 1, ...record },
    { event: 'progress', what: 'features', done: 5, total: 5 },
  ]);
});
