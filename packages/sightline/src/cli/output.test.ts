import { stripVTControlCharacters } from 'node:util';
import { visible } from '@sightline/core';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { takePrinted } from '../../test/printed.ts';
import { eventWriter } from './event-writer.ts';
import { barLine, broken, openOutput } from './output.ts';

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
  for (const mark of ['\u001b[2J', '\u001b[31m', '\u001b[8;31m', '\u202e']) {
    printed = '';
    output.note(`a${mark}`);
    output.warn(`b${mark}`);
    output.result(null, [`c${mark}`, { text: `d${mark}`, style: 'bold' }]);
    output.error(`e${mark}`);
    const shown = visible(mark);
    expect(stripVTControlCharacters(printed)).toBe(`a${shown}\nb${shown}\nc${shown}d${shown}\ne${shown}\n`);
    expect(barLine({ what: mark, done: 1, total: 2, notes: [mark], remaining: '' }, 80)).not.toContain(mark);
  }
});

const record = {
  loss: 1.2345,
  accuracy: 0.5,
  valLoss: null,
  valAccuracy: 0.25,
  seconds: 1.5,
  learningRate: 0.1,
};

test('epochs are rows under a head, for each run, with a mark at the best so far', () => {
  const write = eventWriter(openOutput({ isJson: false }));
  const accuracies = [0.25, 0.5, 0.25];
  accuracies.forEach((valAccuracy, i) => {
    write({ event: 'epoch', run: 'plain', epochs: 10, ...record, epoch: i + 1, valAccuracy });
  });
  write({ event: 'epoch', run: 'other', epochs: 1, epoch: 1, ...record });
  write({ event: 'epoch', run: 'other', epochs: 1, epoch: 1, ...record });
  expect(printed.split('\n')).toEqual([
    '  epoch     loss accuracy val. loss val. acc.    time',
    '   1/10    1.234    0.500  overflow     0.250   1.5 s ▲',
    '   2/10    1.234    0.500  overflow     0.500   1.5 s ▲',
    '   3/10    1.234    0.500  overflow     0.250   1.5 s',
    '  epoch     loss accuracy val. loss val. acc.    time',
    '    1/1    1.234    0.500  overflow     0.250   1.5 s ▲',
    '  epoch     loss accuracy val. loss val. acc.    time',
    '    1/1    1.234    0.500  overflow     0.250   1.5 s ▲',
    '',
  ]);
});

test('a second run of the same name has a pace of its own', () => {
  let now = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  const output = openOutput({ isJson: false });
  const count = (secondsEach: number) => {
    for (let done = 10; done <= 50; done += 10) {
      now += secondsEach * 10_000;
      output.progress({ what: 'plain', done, total: 100 });
    }
  };
  count(1);
  expect(printed).toMatch(/plain {2}50\/100 {2}50\.0 s left\n$/);
  now += 1e6;
  count(2);
  expect(printed).toMatch(/plain {2}50\/100 {2}1 min 40 s left\n$/);
});

describe('a bar', () => {
  const parts = {
    what: 'plain',
    done: 45,
    total: 100,
    notes: ['loss 0.500', 'epoch 1/3'],
    remaining: '3.0 s left',
  };

  test('shows how far the work is without colors, and the time left at its end', () => {
    expect(barLine(parts, 80)).toBe(
      'plain  ━━━━━━━━━━╸─────────────  45/100  loss 0.500  epoch 1/3  3.0 s left',
    );
    expect(barLine({ ...parts, done: 0, remaining: '' }, 80)).toContain('─'.repeat(24));
    expect(barLine({ ...parts, done: 100 }, 80)).toContain('━'.repeat(24));
  });

  test('has the least important words left out where the terminal is narrow, and never wraps', () => {
    expect(barLine(parts, 50)).toBe('plain  ━━━━╸─────  45/100  loss 0.500  3.0 s left');
    expect(barLine(parts, 34)).toBe('plain  ━━━━─────  45%  3.0 s left');
    for (let width = 10; width < 90; width++) expect(barLine(parts, width).length).toBeLessThan(width);
  });
});

test('lines that are too long are broken between words, below their beginning', () => {
  expect(broken('one two three four five six\n  seven eight nine ten eleven', 20).split('\n')).toEqual([
    'one two three four',
    '  five six',
    '  seven eight nine ten',
    '    eleven',
  ]);
  expect(broken('as it is, however long it may be', Number.POSITIVE_INFINITY)).toBe(
    'as it is, however long it may be',
  );
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
