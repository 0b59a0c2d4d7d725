import { expect, test } from 'vitest';
import { type Answer, predictionWriter } from './predictions.ts';

const lines: Answer[] = [
  { path: 'a "b", c.png', predicted: 'car', probabilities: { other: 0.25, car: 0.75 } },
  { path: 'd.png', predicted: 'other', probabilities: { other: 1, car: 0 } },
];

function written(format: Parameters<typeof predictionWriter>[0]) {
  let text = '';
  const writer = predictionWriter(format, ['other', 'car'], (more) => {
    text += more;
  });
  for (const line of lines) writer.write([line]);
  const before = text;
  writer.end();
  return { before, text };
}

test('CSV quotes what needs it, and is written as it comes', () => {
  const { before, text } = written('csv');
  expect(text).toBe('path,predicted,other,car\n"a ""b"", c.png",car,0.25,0.75\nd.png,other,1,0\n');
  expect(before).toBe(text);
});

test('JSON Lines: a line an image, as it comes', () => {
  const { before, text } = written('jsonl');
  expect(
    text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toEqual(lines);
  expect(before).toBe(text);
});

test('JSON is one array, a table is for a person', () => {
  expect(JSON.parse(written('json').text)).toEqual(lines);
  expect(written('table').text).toMatch(/^image +class +probability\n─+\na "b", c\.png +car +0\.750\n/);
});
