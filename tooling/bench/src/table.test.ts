import { expect, test } from 'vitest';
import { figure, renderTable } from './table.ts';

test('a table reads well as it is and as Markdown', () => {
  const table = renderTable({
    columns: ['network', 'ours'],
    rows: [
      ['baseline', '16,300'],
      ['vgg16', '55'],
    ],
  });
  expect(table).toBe(
    ['| network  |   ours |', '|----------|-------:|', '| baseline | 16,300 |', '| vgg16    |     55 |'].join(
      '\n',
    ),
  );
});

test('measurements have three digits', () => {
  expect([16312.4, 0.93055, 7.1249, 225, 0].map(figure)).toEqual(['16,300', '0.931', '7.12', '225', '0']);
});
