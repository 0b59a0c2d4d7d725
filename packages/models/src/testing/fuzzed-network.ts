// A fuzz target for a format of saved networks: a small network of many kinds of layers, saved and read back.

import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LayersModel } from '@tensorflow/tfjs-layers';
import '@tensorflow/tfjs-backend-cpu';
import { seedNetwork } from '../networks/seed.ts';
import { type LayerRow, sequential } from '../networks/table.ts';
import type { ModelMetadata } from '../save/metadata.ts';

const ROWS: LayerRow[] = [
  { layer: 'conv', filters: 2, kernelSize: 3, activation: 'relu', l2: 0.001 },
  { layer: 'norm' },
  { layer: 'maxPool', size: 2 },
  { layer: 'flatten' },
  { layer: 'dropout', rate: 0.5 },
];
const METADATA: ModelMetadata = { classes: ['other', 'car'], imageSize: [8, 8] };

type Save = (model: LayersModel, path: string, metadata: ModelMetadata) => Promise<unknown>;
type Load = (path: string) => Promise<{ model: LayersModel }>;

/** @param name the file that is damaged; what else a format has stays whole in its folder */
export function fuzzed(name: string, save: Save, load: Load) {
  const path = join(mkdtempSync(join(tmpdir(), 'sightline-fuzz-')), name);
  return {
    async seeds(): Promise<Uint8Array[]> {
      await save(await seedNetwork(sequential('saved', ROWS, [8, 8, 3], 2), 11), path, METADATA);
      return [readFileSync(path)];
    },
    async parse(bytes: Uint8Array): Promise<void> {
      writeFileSync(path, bytes);
      const { model } = await load(path);
      model.dispose();
    },
  };
}
