import { expect, test } from 'vitest';
import { imagesOf, runInMemory } from '../../test/run-in-memory.ts';
import { nextSteps } from './next-steps.ts';
import { calibrationWords, SILENCED, verdictOf } from './verdict.ts';

/** Three classes of 50 images, each right 40 times: as sure as it is right. */
const good = [0, 1, 2].flatMap((label) => imagesOf(label, 3, 40, 10));
const ids = (run: Parameters<typeof runInMemory>[0]) => verdictOf(runInMemory(run)).map(({ id }) => id);

test('a good run has one sentence, with its interval and chance', () => {
  expect(verdictOf(runInMemory({ images: good }))).toEqual([
    {
      id: 'works',
      // Wilson's 95% interval of 120 of 150, as statsmodels' proportion_confint gives it.
      sentence:
        'Correct on 120 of 150 validation images: accuracy 0.800 (95% interval 0.729 to 0.856); always predicting the most frequent class would give 0.333.',
    },
  ]);
});

test('what is not above the most frequent class is chance, and its classes say nothing', () => {
  const images = [
    ...imagesOf(0, 3, 50, 0, { confidence: 1 }),
    ...imagesOf(1, 3, 2, 48),
    ...imagesOf(2, 3, 1, 49),
  ];
  expect(ids({ images })).toEqual(['chance']);
});

test('overfitting needs a gap beyond the interval', () => {
  expect(ids({ images: good, trainAccuracy: 0.99 })).toEqual(['works', 'overfits']);
  expect(ids({ images: good, trainAccuracy: 0.85 })).toEqual(['works']);
  // A short training whose last epoch was the best: its gap is no reason to stop.
  const short = { losses: [1, 0.9, 0.8], best: 3 };
  const half = [0, 1, 2].flatMap((label) => imagesOf(label, 3, 25, 25, { confidence: 0.5 }));
  expect(ids({ images: half, trainAccuracy: 0.8, ...short })).toEqual(['works']);
  expect(ids({ images: half, trainAccuracy: 0.8, ...short, best: 1 })).toEqual(['works', 'overfits']);
  expect(ids({ images: half, trainAccuracy: 0.95, ...short })).toEqual(['works', 'overfits']);
  // Of ten images, 0.7 may as well be 0.85.
  const few = [...imagesOf(0, 2, 4, 1), ...imagesOf(1, 2, 4, 1)];
  expect(ids({ classes: ['a', 'b'], images: few, trainAccuracy: 0.91 })).not.toContain('overfits');
});

test('a loss that still fell at the end asks for more epochs, a flat one does not', () => {
  const losses = [1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.45, 0.4, 0.36, 0.33];
  expect(ids({ images: good, losses, best: 10 })).toEqual(['works', 'improving']);
  expect(ids({ images: good, losses, best: 3 })).toEqual(['works']);
  expect(ids({ images: good, losses: losses.map(() => 0.5), best: 10 })).toEqual(['works']);
  expect(ids({ images: good, losses, best: 10, run: { status: 'interrupted' } })).toEqual([
    'works',
    'interrupted',
  ]);
});

test('a loss that grew several times over diverges, also to infinity', () => {
  expect(ids({ images: good, losses: [1, 0.5, 2, 9] })).toEqual(['works', 'diverging']);
  expect(ids({ images: good, losses: [1, 0.5, null] })).toEqual(['works', 'diverging']);
  expect(ids({ images: good, losses: [1, 0.5, 0.7] })).toEqual(['works']);
});

const FALLING = [1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.45, 0.4, 0.36, 0.33];
const wrong = [0, 1, 2].flatMap((label) => imagesOf(label, 3, 40, 10, { confidence: 1 }));
const CHANCE = [
  ...imagesOf(0, 3, 50, 0, { confidence: 1 }),
  ...imagesOf(1, 3, 0, 50),
  ...imagesOf(2, 3, 0, 50),
];
const LATE = [0.1, 9, 8, 7, 6, 5, 4, 3, 2.5, 2];
/** Runs of which two rules hold that would contradict each other, with what is said. */
const CONTRADICTIONS: Record<string, [Parameters<typeof runInMemory>[0], string[]]> = {
  'overfits, and still improving': [
    { images: good, trainAccuracy: 0.99, losses: FALLING, best: 10 },
    ['works', 'overfits'],
  ],
  'diverging, and falling again at the end': [
    { images: good, losses: LATE, best: 10 },
    ['works', 'diverging'],
  ],
  'interrupted, and overfits so far': [
    { images: good, trainAccuracy: 0.99, run: { status: 'interrupted' } },
    ['works', 'interrupted'],
  ],
  'chance, and classes that are never found with a confidence of 1': [{ images: CHANCE }, ['chance']],
};

test.each(Object.entries(CONTRADICTIONS))('%s: one of them is said', (_, [run, said]) => {
  expect(ids(run)).toEqual(said);
});

test('whatever holds of a run, no two findings contradict each other, and the next steps are those of the verdict', () => {
  const seen = new Set<string>();
  const rising = FALLING.toReversed();
  const kinds = [good, wrong, CHANCE].flatMap((images) =>
    [0.8, 0.99].flatMap((trainAccuracy) =>
      [FALLING, LATE, rising].map((losses) => ({ images, trainAccuracy, losses, best: 10 })),
    ),
  );
  for (const [i, kind] of kinds.entries()) {
    const augmentation = i % 2 === 0 ? null : { rotation: 10 };
    const run = runInMemory({ ...kind, config: { augmentation } as never });
    const said = verdictOf(run).map(({ id }) => id);
    for (const id of said) {
      seen.add(id);
      expect(
        said.filter((other) => SILENCED[id]?.includes(other)),
        said.join(),
      ).toEqual([]);
    }
    const steps = nextSteps([run], run).map(({ why }) => why);
    expect(steps.includes('It was still improving: train longer')).toBe(said.includes('improving'));
    expect(steps.includes('It overfits: vary the training images')).toBe(
      said.includes('overfits') && augmentation === null,
    );
  }
  expect([...seen].sort()).toEqual([
    'chance',
    'diverging',
    'improving',
    'overconfident',
    'overfits',
    'works',
  ]);
});

test('confidence that is off is named with its direction', () => {
  const sure = [0, 1, 2].flatMap((label) => imagesOf(label, 3, 35, 15, { confidence: 0.99 }));
  const unsure = [0, 1, 2].flatMap((label) => imagesOf(label, 3, 48, 2, { confidence: 0.5 }));
  expect(verdictOf(runInMemory({ images: sure })).at(-1)).toEqual({
    id: 'overconfident',
    sentence: 'It is overconfident: its mean confidence is 0.990, its accuracy 0.700.',
  });
  expect(ids({ images: unsure })).toEqual(['works', 'underconfident']);
});

test('a probability is read by the error of calibration, and by its direction where it has one', () => {
  expect(calibrationWords(0.04, 0.049)).toMatch(/face value/);
  expect(calibrationWords(0.1, 0.1)).toMatch(/overconfident/);
  expect(calibrationWords(-0.1, 0.1)).toMatch(/underconfident/);
  expect(calibrationWords(0, 0.051)).toBe(
    'right on the whole, though a single probability is off by 0.051 on average',
  );
});

test('a class far below the others is named with what it is taken for', () => {
  const images = [
    ...imagesOf(0, 3, 45, 5),
    ...imagesOf(1, 3, 45, 5),
    ...imagesOf(2, 3, 20, 30, { taken: 0 }),
  ];
  expect(verdictOf(runInMemory({ images })).map(({ sentence }) => sentence)).toContain(
    'Its worst class is “c”: 0.400 of those images are found, most often predicted as “a”.',
  );
  const never = [...imagesOf(0, 3, 50, 0), ...imagesOf(1, 3, 0, 9, { taken: 0 }), ...imagesOf(2, 3, 0, 9)];
  expect(
    verdictOf(runInMemory({ images: [...never, ...imagesOf(0, 3, 50, 0)] })).map(({ id }) => id),
  ).not.toContain('works');
  const two = [...good, ...imagesOf(3, 5, 0, 9), ...imagesOf(4, 5, 0, 9)].map(
    ([label, row]): [number, number[]] => [label, row.length === 5 ? row : [...row, 0, 0]],
  );
  expect(
    verdictOf(runInMemory({ classes: [...'abcde'], images: two })).map(({ sentence }) => sentence),
  ).toContain('2 of the 5 classes with validation images are never predicted correctly: “d” and “e”.');
});

test('a head that does better on unseen training images than on validation images is told so, beyond both intervals', () => {
  const head = (accuracy: number, images: number) =>
    ({
      heldOut: { images, loss: 0.3, accuracy },
      curve: { points: [], gain: { value: 0.08, low: 0.06, high: 0.1 }, conclusion: 'Collect more.' },
    }) as never;
  const run = (accuracy: number, images: number) => ({
    images: good,
    losses: [],
    run: { head: head(accuracy, images) },
  });
  // More of the same images is then no advice.
  expect(ids(run(0.95, 900))).toEqual(['works', 'other-images']);
  expect(verdictOf(runInMemory(run(0.95, 900)))[1]!.sentence).toContain(
    'of which 0.950 are predicted correctly',
  );
  expect(ids(run(0.88, 900))).toEqual(['works', 'more-images']);
  // Wilson's interval of 19 of 20 begins at 0.764, below the end of that of 120 of 150.
  expect(ids(run(0.95, 20))).toEqual(['works', 'more-images']);
});

test('a head that was solved for is asked for more images, and not blamed for fitting its own', () => {
  const head = (low: number) =>
    ({
      heldOut: { images: 150, loss: 0.5, accuracy: 0.8 },
      curve: { points: [], gain: { value: 0.08, low, high: 0.1 }, conclusion: 'Collect more.' },
    }) as never;
  const run = (low: number) => ({ images: good, trainAccuracy: 1, losses: [], run: { head: head(low) } });
  expect(
    verdictOf(runInMemory(run(0.05)))
      .map(({ sentence }) => sentence)
      .at(-1),
  ).toBe('Collect more.');
  expect(ids(run(0.05))).toEqual(['works', 'more-images']);
  expect(ids(run(0))).toEqual(['works']);
});

test('test images are measured beside the validation images', () => {
  const run = runInMemory({ images: good });
  const { splits } = run.run.metrics!;
  Object.assign(splits!, { test: { ...splits!.validation, images: 90, accuracy: 0.75 } });
  expect(verdictOf(run)[0]!.sentence).toMatch(/On 90 test images, held out until the end: 0\.750\.$/);
});

test('a run without a sound result has one sentence', () => {
  expect(ids({ images: good, run: { status: 'failed', error: 'The disk is full.' } })).toEqual(['failed']);
  expect(ids({ run: { status: 'interrupted' } })).toEqual(['no-result']);
  const sentences = verdictOf(
    runInMemory({ images: good, trainAccuracy: 0.99, losses: [1, 0.1, 5], best: 3 }),
  );
  expect(sentences.length).toBeLessThanOrEqual(3);
});
