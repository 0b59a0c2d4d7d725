import { expect, test } from 'vitest';
import { SHARE_CARD, shareCard } from './share-card.ts';

const card = {
  title: 'Flowers',
  run: 'transfer',
  accuracy: 0.82,
  detail: '0.761 to 0.867 with 95% confidence, on 200 validation images',
  classes: ['daisy', 'dandelion', 'roses', 'sunflowers', 'tulips'].map((name, i) => ({
    name,
    recall: 0.8 + i / 80,
  })),
};

test('the card is the one of the snapshot, which a browser opens', async () => {
  await expect(shareCard(card)).toMatchFileSnapshot('./__snapshots__/share-card.svg');
});

test('long names are cut, many classes are the best and the worst, and names are no markup', () => {
  const classes = Array.from({ length: 81 }, (_, i) => ({ name: `Royal-Gala-Apple-${i}`, recall: i / 81 }));
  const svg = shareCard({ ...card, run: '<b>“Reifen” & Räder of augmented flips and rotations', classes });
  expect(svg).toContain('4 best and 4 worst of 81');
  expect(svg.match(/Royal-Gala/g)).toHaveLength(8);
  expect(svg).toContain('&lt;b&gt;“Reifen” &amp; ');
  expect(svg).toMatch(/…<\/text>/);
  for (const [, x, width] of svg.matchAll(/<rect x="([\d.]+)"[^>]* width="([\d.]+)"/g))
    expect(Number(x) + Number(width)).toBeLessThanOrEqual(SHARE_CARD.width);
});

test('a run without a result has no number', () => {
  const svg = shareCard({ ...card, accuracy: null, detail: 'failed before its first epoch', classes: [] });
  expect(svg).toContain('failed before its first epoch');
  expect(svg).not.toContain('accuracy');
});
