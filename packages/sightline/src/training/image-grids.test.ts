// The image grids of a run: each image beside its augmented version, with the sampled parameters.

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeRgb, loadImages, openDataset } from '@sightline/data';
import {
  augmentedSchema,
  openRun,
  readJson,
  readJsonLines,
  type ThumbnailRow,
  thumbnailSchema,
} from '@sightline/runs';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { writePhotographs } from '../../test/photographs.ts';
import { imageGrids } from './image-grids.ts';
import { keptThumbnails, writeThumbnails } from './thumbnails.ts';

let photographs: string;
let out: string;
beforeAll(() => {
  photographs = writePhotographs({ train: 3, validation: 1 });
  out = mkdtempSync(join(tmpdir(), 'sightline-sheets-'));
});
afterAll(() => {
  for (const folder of [photographs, out]) rmSync(folder, { recursive: true, force: true });
});

test('images in rows, whose picture shows each and what its parameters make of it', async () => {
  const dataset = await openDataset(photographs);
  const writer = openRun(out, {
    experiment: 'sheets',
    seed: 1,
    command: 'sightline train',
    startedAt: '2026-01-01T00:00:00.000Z',
    engine: { name: 'cpu', provider: 'cpu', device: 'cpu' },
    data: {
      root: photographs,
      hash: dataset.hash,
      classes: [...dataset.classes],
      counts: { train: [3, 3], validation: [1, 1] },
    },
    config: {
      network: 'baseline',
      backbone: null,
      imageSize: [64, 64],
      epochs: 1,
      batchSize: 4,
      optimizer: { name: 'adam', learningRate: 0.01 },
      augmentation: null,
    },
    software: { sightline: '0', node: '0', onnxruntime: '0', tfjs: '0' },
    git: null,
  });
  writer.writePredictions([]);
  const resize = { size: [64, 64], interpolation: 'nearest', fit: 'stretch' } as const;
  const augmentation = { randomResizedCrop: { scale: [0.2, 0.3] as const }, cutout: 0.3 };
  const experiment = { network: 'baseline', epochs: 1, batchSize: 4, augmentation };
  for (const step of imageGrids(writer, dataset, { experiment: experiment as never, resize, seed: 1 }))
    await step();

  const folder = join(writer.dir, 'artifacts');
  const thumbnails = readJsonLines(join(folder, 'thumbnails.jsonl'), thumbnailSchema);
  expect(thumbnails.map(({ split, label }) => `${split} ${label}`)).toEqual([
    ...['validation bright', 'validation dark'],
    ...['train bright', 'train bright', 'train bright'],
    ...['train dark', 'train dark', 'train dark'],
  ]);
  const { tile, columns, items } = readJson(join(folder, 'augmented.json'), augmentedSchema);
  // Two images of each of the two classes, in eight forms each.
  expect(columns).toBe(8);
  expect(items).toHaveLength(4 * 8);
  const sheet = await decodeRgb(readFileSync(join(folder, 'augmented.png')));
  const tileAt = (index: number) => {
    const [top, left] = [Math.floor(index / columns) * tile[0], (index % columns) * tile[1]];
    const rows = Array.from({ length: tile[0] }, (_, y) => {
      const from = ((top + y) * sheet.width + left) * 3;
      return sheet.data.subarray(from, from + tile[1] * 3);
    });
    return Buffer.concat(rows);
  };
  const { data, paths } = await loadImages(dataset, 'train', resize);
  for (let i = 0; i < items.length; i += 8) {
    const [before, after] = [items[i]!, items[i + 1]!];
    expect([after.path, before.parameters]).toEqual([before.path, {}]);
    const at = paths.indexOf(before.path) * 64 * 64 * 3;
    expect(tileAt(i).equals(data.subarray(at, at + 64 * 64 * 3))).toBe(true);
    expect(Object.keys(after.parameters)).toEqual(['randomResizedCrop', 'cutout']);
    // A cut out square is black, which no pixel of these photographs is.
    const { row, column } = after.parameters.cutout as { row: number; column: number };
    expect([
      ...tileAt(i + 1)
        .subarray((row * 64 + column) * 3)
        .subarray(0, 3),
    ]).toEqual([0, 0, 0]);
  }
});

test('thumbnails of an earlier run are kept by the content of their images, and damaged ones made again', async () => {
  const dataset = await openDataset(photographs);
  const kept = keptThumbnails(out);
  expect(kept.size).toBe(8);
  const [[key, row] = []] = kept;
  const marked = new Map(kept).set(key!, { ...row!, jpeg: 'bWFya2Vk', path: 'elsewhere', label: 'other' });
  const writer = { dir: out, writeArtifact: vi.fn() };
  await writeThumbnails(writer as never, dataset, [], [], marked);
  const written = (writer.writeArtifact.mock.calls[0]![1] as Buffer).toString().trim().split('\n');
  const rows = written.map((line) => JSON.parse(line) as ThumbnailRow);
  expect(rows.find((each) => each.key === key)).toEqual({ ...row, jpeg: 'bWFya2Vk' });
  expect(rows.filter((each) => each.key !== key)).toEqual([...kept.values()].slice(1));
  writeFileSync(join(out, 'artifacts', 'thumbnails.jsonl'), '{"path": 3}');
  expect(keptThumbnails(out).size).toBe(0);
  expect(keptThumbnails(join(out, 'nowhere')).size).toBe(0);
});
