// Images that go away while they are trained on, with their disk, their share or by a person's hand: what was learned
// from them is kept, and only their pictures are missing.

import { existsSync, globSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readJsonLines, readRun, thumbnailSchema } from '@sightline/runs';
import { expect, test } from 'vitest';
import { openModel, type SightlineEvent, train } from '../src/index.ts';
import { temporaryFolder, writePhotographs } from './photographs.ts';

const cases = [
  {
    what: 'a class of a network from scratch, in its first epoch',
    experiment: {
      network: 'baseline',
      epochs: 3,
      batchSize: 16,
      optimizer: { name: 'adam', learningRate: 0.001 },
      augmentation: { horizontalFlip: true, rotation: 10 },
    },
    at: 'step',
    harm: (photos: string) => rmSync(join(photos, 'train/bright'), { recursive: true }),
    left: /^(train\/dark|validation)\//,
  },
  {
    what: 'all images of a network on features, before its first step',
    experiment: {
      backbone: 'efficientnet-lite0',
      network: 'dense-backend',
      imageSize: [32, 32],
      epochs: 2,
      batchSize: 16,
      optimizer: { name: 'adam', learningRate: 0.001 },
    },
    at: 'start',
    harm: (photos: string) => rmSync(photos, { recursive: true }),
    left: null,
  },
  {
    what: 'all but the names of the validation images of the default recipe',
    experiment: { backbone: 'efficientnet-lite0', network: 'logistic', imageSize: [32, 32] },
    at: 'start',
    harm: (photos: string) => {
      for (const path of globSync(join(photos, 'validation/*/*'))) writeFileSync(path, '');
    },
    left: /^train\//,
  },
] as const;

test.each(cases)('$what', async ({ experiment, at, harm, left }) => {
  const photos = writePhotographs({ train: 12, validation: 4 });
  const events: SightlineEvent[] = [];
  let isHarmed = false;
  const [run] = await train({ experiments: { plain: experiment } } as never, {
    data: photos,
    out: temporaryFolder('vanishing'),
    onEvent(event) {
      events.push(event);
      if (event.event !== at || isHarmed) return;
      isHarmed = true;
      harm(photos);
    },
  });
  expect(isHarmed).toBe(true);
  expect(run!.status).toBe('complete');
  expect(readRun(run!.dir).run.metrics!.validation.accuracy).toBeGreaterThan(0);
  const warnings = events.filter(({ event }) => event === 'warning');
  expect(warnings).toContainEqual({
    event: 'warning',
    message: expect.stringMatching(
      /^\d+ images can no longer be read: the report will lack pictures of them\.$/,
    ),
  });

  const artifact = (name: string) => join(run!.dir, 'artifacts', name);
  // Nor will another training take them for all there is.
  expect(existsSync(artifact('versions.json'))).toBe(false);
  expect(existsSync(artifact('thumbnails.jsonl'))).toBe(left !== null);
  const rows = left === null ? [] : readJsonLines(artifact('thumbnails.jsonl'), thumbnailSchema);
  for (const { path } of rows) expect(path).toMatch(left!);
  const model = await openModel(run!.dir);
  const other = await model.predict(writePhotographs({ train: 2, validation: 1 }));
  expect(other.predictions).toHaveLength(6);
  await model.release();
});
