import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { visible } from '@sightline/core';
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
    /^image +class +probability\n─+\na "b", c\.png +car +0\.750\n.*\n\n2 images: car \(1\), other \(1\)\n$/,
  );
});

test('a table of nothing is not written', () => {
  predictionWriter('table', ['other', 'car'], expect.unreachable).end();
});

test.each(['\u001b[2J', '\u001b[31m', '\u001b]0;title\u0007', '\n', '\u202e', '\u0085'])(
  'a table shows %j in names, in a pipe too',
  (mark) => {
    let text = '';
    const writer = predictionWriter('table', [`a${mark}`, 'b'], (more) => {
      text += more;
    });
    const [name, path] = [`a${mark}`, `x${mark}.png`];
    const top = [name, name].map((each) => ({ class: each, probability: 0.5 }));
    writer.write([{ path, predicted: name, probabilities: { [name]: 1, b: 0 }, top }]);
    writer.end();
    expect(text.split('\n')).toHaveLength(7);
    expect(visible(text.replaceAll('\n', ''))).toBe(text.replaceAll('\n', ''));
    expect(text).toContain(visible(path));
    expect(text).toContain(`1 image: ${visible(name)} (1)`);
  },
);

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
    '1 image: not sure (1)',
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
  const copy = (...answers: Answer[]) => copyToClasses(answers, answers, out);
  await copy(answer(source('a.png', 'first'), 'car'), answer(source('b.png', 'b'), null));
  await copy(answer(source('a.png', 'second'), 'car'), answer(source('c.png', 'c'), '../up'));
  expect(readdirSync(out).sort()).toEqual(['.._up', 'car', 'not sure']);
  expect(readFileSync(join(out, 'car/a.png'), 'utf8')).toBe('first');
  expect(readFileSync(join(out, 'car/a-2.png'), 'utf8')).toBe('second');
  expect(readFileSync(join(folder, 'a.png'), 'utf8')).toBe('second');
});

test('an image on standard input is copied under a name of its own', async () => {
  const out = mkdtempSync(join(tmpdir(), 'sightline-copies-'));
  const png = Buffer.from(
    'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVQI12P4DwABAQEAG7buVgAAAABJRU5ErkJggg==',
    'base64',
  );
  const answers: Answer[] = [{ path: '-', predicted: 'car', probabilities: {} }];
  for (const bytes of [png, Buffer.concat([png, Buffer.from('more')])]) {
    await copyToClasses(answers, [{ path: '-', bytes }], out);
  }
  expect(readdirSync(join(out, 'car')).sort()).toEqual(['stdin-2.png', 'stdin.png']);
  expect(readFileSync(join(out, 'car/stdin.png')).equals(png)).toBe(true);
});

test('more classes are asked for than there are, and none are sure', () => {
  const all = answerOf(prediction, { top: 99, threshold: 1 });
  expect(all.top?.map(({ class: name }) => name)).toEqual(['car', 'bus', 'other']);
  expect(all.predicted).toBeNull();
  const certain = { path: 'f.png', predicted: 'car', probabilities: { other: 0, car: 1 } };
  expect(answerOf(certain, { top: 1, threshold: 1 }).predicted).toBe('car');
});
