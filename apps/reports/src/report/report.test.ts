import { expect, test } from 'vitest';
import { imagesOf, runInMemory } from '../../test/run-in-memory.ts';
import { compare, comparisonsOf, differences } from './comparison.ts';
import { confusionOf, orderBySimilarity } from './confusion.ts';
import { datasetOf, titleOf } from './dataset.ts';
import { groupRuns } from './groups.ts';
import { nextSteps } from './next-steps.ts';
import type { ReportRun } from './report-run.ts';

const good = [0, 1, 2].flatMap((label) => imagesOf(label, 3, 40, 10));
const better = [0, 1, 2].flatMap((label) => imagesOf(label, 3, 48, 2));

test('predictions are counted by true and predicted class, the most frequent mistake first', () => {
  const run = runInMemory({ images: [...imagesOf(0, 3, 5, 3), ...imagesOf(1, 3, 2, 1, { taken: 0 })] });
  const confusion = confusionOf(run.answers, run.classes)!;
  expect(confusion.counts).toEqual([
    [5, 3, 0],
    [1, 2, 0],
    [0, 0, 0],
  ]);
  expect([confusion.correct, confusion.total]).toEqual([7, 11]);
  expect(confusion.pairs).toEqual([
    { label: 0, predicted: 1, count: 3 },
    { label: 1, predicted: 0, count: 1 },
  ]);
  expect(confusionOf([], run.classes)).toBeNull();
});

test('confused classes stand beside each other, the others last, each once', () => {
  const images = [
    ...imagesOf(0, 6, 5, 0),
    ...imagesOf(1, 6, 5, 4, { taken: 4 }),
    ...imagesOf(4, 6, 5, 2, { taken: 2 }),
    ...imagesOf(3, 6, 1, 1, { taken: 5 }),
  ];
  const run = runInMemory({ classes: [...'abcdef'], images });
  expect(orderBySimilarity(confusionOf(run.answers, run.classes)!)).toEqual([4, 1, 2, 3, 5, 0]);
});

test('runs that differ by their seed alone share a row of mean and deviation', () => {
  const runs = [
    runInMemory({ name: 'x-1', images: good, run: { experiment: 'x', seed: 1 } }),
    runInMemory({ name: 'x-2', images: better, run: { experiment: 'x', seed: 2 } }),
    runInMemory({ name: 'y', images: good, config: { batchSize: 8 } }),
    runInMemory({ name: 'z', images: better, run: { status: 'failed' } }),
  ];
  const { groups, settings } = groupRuns(runs);
  expect(settings).toEqual(['batchSize']);
  expect(groups.map(({ name }) => name)).toEqual(['x', 'y', 'z']);
  expect(groups[0]!.runs.map(({ name }) => name)).toEqual(['x-2', 'x-1']);
  expect(groups[0]!.accuracy).toBeCloseTo((0.8 + 0.96) / 2, 10);
  // The sample's: half of the squared difference.
  expect(groups[0]!.deviation).toBeCloseTo(0.16 / Math.SQRT2, 10);
  expect(groups[1]!.values).toEqual(['8']);
});

test("two runs are compared by McNemar's test on the same images", () => {
  const a = runInMemory({ name: 'a', images: good, config: { batchSize: 8 } });
  const b = runInMemory({ name: 'b', images: better });
  const pair = compare(a, b)!;
  expect([pair.better.name, pair.onlyBetter.length, pair.onlyOther.length]).toEqual(['b', 24, 0]);
  // The exact two-sided binomial of 0 of 24: 2 / 2^24.
  expect(pair.p).toBeCloseTo(2 / 2 ** 24, 12);
  expect(pair.sentence).toBe(
    "Only “b” is right on 24 images, only “a” on 0: more than chance explains, p\u00a0<\u00a00.001 (McNemar's exact test).",
  );
  expect(differences([b, a])).toEqual([{ setting: 'batchSize', values: ['32', '8'] }]);
  const third = runInMemory({ name: 'third', images: good, config: { epochs: 9 } });
  expect(differences([a, b, third])).toEqual([
    { setting: 'epochs', values: ['5', '5', '9'] },
    { setting: 'batchSize', values: ['8', '32', '32'] },
  ]);
  expect(compare(a, runInMemory({ name: 'c', images: good.slice(1) }))).toBeNull();
  expect(compare(a, runInMemory({ name: 'd', images: good }))!.sentence).toContain('exactly the same images');
});

test('every two of the twelve most accurate runs are compared, and the best with each of the others', () => {
  const runs = Array.from({ length: 14 }, (_, i) => runInMemory({ name: `r${i}`, images: good }));
  expect(comparisonsOf(runs.slice(0, 4), runs[0]!)).toHaveLength(6);
  expect(comparisonsOf(runs, runs[0]!)).toHaveLength((12 * 11) / 2 + 2);
});

test('the verdict on a data set has the best run, how sure its lead is, and what is wrong with it', () => {
  const runs = [runInMemory({ name: 'a', images: good }), runInMemory({ name: 'b', images: better })];
  const { verdict, best } = datasetOf(runs, 'photos', 'photos', 'index.html', null);
  expect(best?.name).toBe('b');
  expect(verdict).toHaveLength(3);
  expect(verdict[0]).toMatch(/^The best run, “b”, is correct on 144 of 150 validation images/);
  expect(verdict[1]).toMatch(/^Only “b” is right on 24 images/);
  const failed = [
    runInMemory({ images: good, run: { status: 'failed', error: 'No memory.' } }),
    runInMemory({ name: 'c', run: { status: 'running' } }),
  ];
  expect(datasetOf(failed, 'photos', 'photos', 'index.html', null).verdict).toEqual([
    'No run has a sound result: “run” failed and “c” is still training. The highest accuracy reached is 0.800.',
  ]);
});

test('a best run of several seeds is shown with their mean, and compared with other settings alone', () => {
  const seed = (n: number, images: typeof good) =>
    runInMemory({ name: `x-${n}`, images, run: { experiment: 'x', seed: n } });
  const other = runInMemory({ name: 'y', images: good, config: { batchSize: 8 } });
  const { verdict } = datasetOf([seed(1, better), seed(2, good), other], 'p', 'p', 'index.html', null);
  expect(verdict[0]).toMatch(/Its 2 seeds have a mean of 0\.880, ± 0\.113\.$/);
  expect(verdict[1]).toMatch(/^Only “x-1” is right on 24 images, only “y” on 0/);
});

test('the next steps are commands, at most three, for what the runs lack', () => {
  const losses = [1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.45, 0.4, 0.36, 0.33];
  const run = runInMemory({ name: 'my run', images: good, losses, best: 10 });
  expect(nextSteps([run], run).map(({ command }) => command)).toEqual([
    'sightline train photos --experiment my run --epochs 20',
    "sightline predict 'runs/my run' photo.jpg",
    "sightline export 'runs/my run' --format onnx --out 'my run.onnx'",
  ]);
  const command = 'npm run sightline -- train photos --experiment cats';
  const cats = runInMemory({ name: 'cats', images: good, run: { command } });
  expect(nextSteps([cats], cats)[0]!.command).toBe('npm run sightline -- predict runs/cats photo.jpg');
  const stopped = runInMemory({ name: 's', images: good, run: { status: 'interrupted' } });
  expect(nextSteps([stopped], null)[0]!.command).toBe('sightline train photos --experiment s --resume');
  // What failed needs what its error asks for, no other seed.
  const failed = (error: string) =>
    nextSteps([runInMemory({ name: 'f', images: good, run: { status: 'failed', error } })], null)[0]!;
  expect(failed('The loss became NaN in epoch 5. Try a lower learning rate than 0.001.').command).toMatch(
    /--learning-rate 0\.0001$/,
  );
  expect(failed('There is no space left.').command).not.toMatch(/--seed|--learning-rate/);
});

test('the title is the name of the folder, or, if that says nothing, the classes', () => {
  const title = (root: string, classes: string[]) =>
    titleOf({ run: { data: { root } }, classes } as unknown as ReportRun);
  expect(title('/srv/photos/flowers.zip', ['a', 'b'])).toBe('flowers');
  expect(title('photos/', ['other', 'car'])).toBe('Car or other');
  expect(title('.', [...'abcdefgh'])).toBe('8 classes');
  expect(title('C:\\pictures\\birds\\', ['a', 'b'])).toBe('birds');
  const configured = { run: { data: { root: '/home/me/photos', title: 'The garden' } }, classes: ['a'] };
  expect(titleOf(configured as unknown as ReportRun)).toBe('The garden');
});

test('a model that was only measured is told from one that was trained', () => {
  const images = imagesOf(0, 3, 4, 2);
  expect(runInMemory({ images, losses: [] }).isEvaluation).toBe(true);
  expect(runInMemory({ images }).isEvaluation).toBe(false);
  expect(runInMemory({ images, losses: [], run: { head: {} as never } }).isEvaluation).toBe(false);
  expect(runInMemory({ images, losses: [], run: { status: 'interrupted' } }).isEvaluation).toBe(false);
});
