import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { copyToClasses } from './copy-images.ts';
import { type Answer, answerOf, predictionWriter } from './predictions.ts';

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
  expect(written('table').text).toMatch(
    /^image +class +probability\n─+\na "b", c\.png +car +0\.750\n.*\n\n2 images: 1 car, 1 other\n$/,
  );
});

const prediction = { path: 'e.png', predicted: 'car', probabilities: { other: 0.1, car: 0.6, bus: 0.3 } };

test('the most probable classes, and none below the threshold', () => {
  expect(answerOf(prediction, { top: 1, threshold: 0.6 })).toEqual({ ...prediction });
  expect(answerOf(prediction, { top: 2, threshold: 0.7 })).toEqual({
    ...prediction,
    predicted: null,
    top: [
      { class: 'car', probability: 0.6 },
      { class: 'bus', probability: 0.3 },
    ],
  });
  let table = '';
  const writer = predictionWriter('table', ['other', 'car', 'bus'], (text) => {
    table += text;
  });
  writer.write([answerOf(prediction, { top: 2, threshold: 0.7 })]);
  writer.end();
  expect(table.split('\n').slice(2)).toEqual([
    'e.png  not sure        0.600',
    '       bus             0.300',
    '',
    '1 image: 1 not sure',
    '',
  ]);
});

test('images are copied into folders of their classes; no file is replaced', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sightline-copies-'));
  const source = (name: string, text: string) => {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  };
  const out = join(folder, 'out');
  const answer = (path: string, predicted: string | null): Answer => ({ path, predicted, probabilities: {} });
  await copyToClasses([answer(source('a.png', 'first'), 'car'), answer(source('b.png', 'b'), null)], out);
  await copyToClasses([answer(source('a.png', 'second'), 'car'), answer(source('c.png', 'c'), '../up')], out);
  expect(readdirSync(out).sort()).toEqual(['.._up', 'car', 'not sure']);
  expect(readFileSync(join(out, 'car/a.png'), 'utf8')).toBe('first');
  expect(readFileSync(join(out, 'car/a-2.png'), 'utf8')).toBe('second');
  expect(readFileSync(join(folder, 'a.png'), 'utf8')).toBe('second');
});
