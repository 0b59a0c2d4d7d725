import { expect, test } from 'vitest';
import { csv } from './format.ts';
import { parseMarkdown } from './markdown.ts';

test('headings, paragraphs, lists, tables and code of a model card', () => {
  const card = [
    '# A card',
    '',
    'Two lines of',
    'one **paragraph**.',
    '- an item',
    '- another with `code`',
    '| class | recall |',
    '| --- | --- |',
    '| a \\| b | 0.5 |',
    '```sh',
    '- not a list',
    '```',
  ].join('\n');
  expect(parseMarkdown(card)).toEqual([
    { kind: 'heading', level: 1, text: 'A card' },
    { kind: 'paragraph', text: 'Two lines of one paragraph.' },
    { kind: 'list', items: ['an item', 'another with code'] },
    { kind: 'table', head: ['class', 'recall'], rows: [['a | b', '0.5']] },
    { kind: 'code', text: '- not a list' },
  ]);
});

test('code that never ends, and nothing at all', () => {
  expect(parseMarkdown('```\nleft open')).toEqual([{ kind: 'code', text: 'left open' }]);
  expect(parseMarkdown('')).toEqual([]);
});

test('a CSV file quotes what would break its rows', () => {
  expect(
    csv([
      ['a, b', 1],
      ['say "no"', 'two\nlines'],
    ]),
  ).toBe('"a, b",1\r\n"say ""no""","two\nlines"\r\n');
});
