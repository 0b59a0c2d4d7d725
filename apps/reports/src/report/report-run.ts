// A run as the pages see it: its files, read when a page asks for them, and what follows from them alone.

import { existsSync, readdirSync, statSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, sep } from 'node:path';
import { plainPaths, printable, SightlineError, visible } from '@sightline/core';
import { readRegularFile } from '@sightline/core/files';
import { wilsonInterval } from '@sightline/metrics';
import {
  type ActivationMapsRecord,
  activationMapsSchema,
  confidenceOf,
  type EpochRecord,
  type LoadedRun,
  layerTableSchema,
  mapSchema,
  type NpyData,
  type Prediction,
  type Run,
  readJson,
  readJsonLines,
  readNpy,
  type SuspectRecord,
  thumbnailSchema,
} from '@sightline/runs';
import type { z } from 'zod';
import type { Assets } from './assets.ts';
import { sum } from './numbers.ts';
import { addPng, type Picture, type Sheet, type SheetRecord, type Tile, toSheet } from './sheet.ts';
import { type State, stateOf } from './state.ts';
import { visibleStrings } from './visible-strings.ts';

/** A prediction with what every page asks of it. */
export interface Answer extends Prediction {
  isCorrect: boolean;
  /** The probability of the predicted class. */
  confidence: number;
}

export interface Photograph extends Picture {
  path: string;
  label: string;
  split: 'train' | 'validation' | 'test';
}

export type ActivationMap = ActivationMapsRecord['images'][number];

/** A file of the run folder that other programs use, with its size in bytes. */
export interface ModelFile {
  name: string;
  bytes: number;
}

/** Where commands are typed: npm says where it was called from, whatever folder a script then runs in. */
const HERE = process.env.INIT_CWD ?? process.cwd();

/** The name of a run's image for sharing among its files in the site. */
export const SHARE_IMAGE = 'share.png';

export class ReportRun {
  readonly slug: string;
  readonly name: string;
  readonly run: Run;
  readonly history: readonly EpochRecord[];
  readonly state: State;
  /** What of the run folder could not be read, in sentences. */
  readonly notes: string[] = [];
  readonly #loaded: LoadedRun;
  readonly #assets: Assets;
  readonly #read = new Map<string, unknown>();

  constructor(loaded: LoadedRun, slug: string, assets: Assets) {
    this.slug = slug;
    this.name = visible(loaded.name);
    this.run = visibleStrings(loaded.run);
    this.history = loaded.history;
    this.state = stateOf({ ...loaded, name: this.name, run: this.run });
    this.#loaded = loaded;
    this.#assets = assets;
  }

  get classes(): readonly string[] {
    return this.run.data.classes;
  }

  /** How `sightline` was typed where the run was made. */
  get program(): string {
    return /^(.*\bsightline(?: --)?) [a-z]/.exec(this.run.command)?.[1] ?? 'sightline';
  }

  /** The run's folder as it is typed: from here, or, where that would name folders of this machine, its last two names. */
  get folder(): string {
    const { dir } = this.#loaded;
    const path = relative(HERE, dir);
    const isBelow = !path.startsWith('..') && !isAbsolute(path);
    return visible(isBelow ? path.replaceAll(sep, '/') : `${basename(dirname(dir))}/${basename(dir)}`);
  }

  get validationImages(): number {
    return sum(this.run.data.counts.validation);
  }

  /** On the validation images, after the epoch whose weights were kept; null before the first epoch. */
  get accuracy(): number | null {
    return this.run.metrics?.validation.accuracy ?? this.history.at(-1)?.valAccuracy ?? null;
  }

  /** The 95% interval of the accuracy (Wilson); null without an accuracy or images. */
  get interval(): [low: number, high: number] | null {
    const { accuracy, validationImages } = this;
    return accuracy === null || validationImages === 0 ? null : wilsonInterval(accuracy, validationImages);
  }

  /** The accuracy of always predicting the class that most validation images have. */
  get chance(): number {
    const { validation } = this.run.data.counts;
    return this.validationImages === 0
      ? 1 / this.classes.length
      : Math.max(...validation) / this.validationImages;
  }

  /** Whether it is a model from elsewhere that was measured, by `sightline evaluate --save`. */
  get isEvaluation(): boolean {
    return this.run.status === 'complete' && this.history.length === 0 && !this.run.head;
  }

  /** All metrics per split; null if the run ended before them. */
  get metrics(): NonNullable<Run['metrics']>['splits'] | null {
    return this.run.metrics?.splits ?? null;
  }

  /** The predictions on the validation images; none where they cannot be read. */
  get answers(): readonly Answer[] {
    return this.#once('predictions.jsonl', [], () =>
      visibleStrings(this.#loaded.predictions()).map((row): Answer => {
        const isCorrect = row.predicted === row.label;
        return { ...row, isCorrect, confidence: confidenceOf(row, this.classes) };
      }),
    );
  }

  get mistakes(): readonly Answer[] {
    return this.answers.filter(({ isCorrect }) => !isCorrect);
  }

  /** Images whose label the network doubts, the most doubtful first. */
  get suspects(): readonly SuspectRecord[] {
    return this.#once('suspects.jsonl', [], () => visibleStrings(this.#loaded.suspects()));
  }

  /** The photographs that the run kept, by path. */
  get photographs(): ReadonlyMap<string, Photograph> {
    return this.#once('thumbnails.jsonl', new Map(), () => {
      const path = this.#artifactPath('thumbnails.jsonl');
      if (!existsSync(path)) return new Map();
      return new Map(
        readJsonLines(path, thumbnailSchema).map(({ jpeg, ...record }) => {
          const row = visibleStrings(record);
          return [row.path, { ...row, src: this.#assets.addPhotograph(jpeg) }];
        }),
      );
    });
  }

  /** An artifact as JSON, or null where there is none or it is damaged, which is then noted. */
  artifact<Schema extends z.ZodType>(name: string, schema: Schema): z.infer<Schema> | null {
    return this.#artifact(name, (path) => visibleStrings(readJson(path, schema)));
  }

  /** An artifact that is an array of 32-bit floats. */
  array(name: string): { data: Float32Array; shape: readonly number[] } | null {
    return this.#npy(name, Float32Array, '32-bit floats');
  }

  /** An artifact that is an array of bytes. */
  bytes(name: string): { data: Uint8Array; shape: readonly number[] } | null {
    return this.#npy(name, Uint8Array, 'bytes');
  }

  /** `NAME.png` and the tiles that `NAME.json` describes. */
  sheet<Schema extends z.ZodType<SheetRecord<unknown>>>(
    name: string,
    schema: Schema,
    describe: (
      item: z.infer<Schema>['items'][number],
      index: number,
    ) => Pick<Tile, 'alt' | 'caption' | 'detail'>,
  ): Sheet | null {
    const record = this.artifact(`${name}.json`, schema);
    return this.#once<Sheet | null>(`${name}.png`, null, () =>
      record === null ? null : toSheet(this.picture(`${name}.png`), record, describe),
    );
  }

  /** A picture of the artifacts; null where it is missing or is no whole PNG, which is then noted. */
  optionalPicture(name: string): Picture | null {
    return this.#once<Picture | null>(name, null, () => this.picture(name));
  }

  /** @throws SightlineError `broken` where the artifact is missing or is no whole PNG */
  picture(name: string): Picture & { name: string } {
    return addPng(join(this.#loaded.dir, 'artifacts'), name, this.slug, this.#assets);
  }

  /** Adds a file to the site, and gives its address from the site's root. */
  file(name: string, content: Uint8Array | string): string {
    return this.#assets.add(this.slug, name, content);
  }

  /** Whether the run says what its pretrained network is. */
  get hasBackbone(): boolean {
    return this.artifact('backbone-layers.json', layerTableSchema) !== null;
  }

  /** Whether there is a map of the validation images. */
  get hasMap(): boolean {
    return this.artifact('map.json', mapSchema) !== null && this.photographOf('map.jpg') !== null;
  }

  /** A JPEG of the artifacts as it is, such as the sheet of the map; null where it is missing. */
  photographOf(name: string): string | null {
    return this.#artifact(name, (path) => this.#assets.addPhotograph(readRegularFile(path, 'the picture')));
  }

  get activationRecord(): ActivationMapsRecord | null {
    return this.artifact('activation-maps.json', activationMapsSchema);
  }

  /** Which places of an image spoke for its wrong prediction, by path. */
  get activationMaps(): ReadonlyMap<string, ActivationMap> {
    const images = this.activationRecord?.images ?? [];
    return this.#once('maps by path', new Map(), () => new Map(images.map((map) => [map.path, map])));
  }

  /** The address of the image for sharing, which is made after the pages. */
  get shareImage(): string {
    return `assets/${this.slug}/${SHARE_IMAGE}`;
  }

  /** The trained model in its formats; a folder counts as the sum of its files. */
  get modelFiles(): readonly ModelFile[] {
    return ['model.onnx', 'model', 'model.keras', 'model.h5'].flatMap((name) => {
      const path = join(this.#loaded.dir, name);
      if (!existsSync(path)) return [];
      const isFolder = statSync(path).isDirectory();
      const files = isFolder ? readdirSync(path).map((file) => join(path, file)) : [path];
      return [{ name: isFolder ? `${name}/` : name, bytes: sum(files.map((file) => statSync(file).size)) }];
    });
  }

  /** The bytes of `model.onnx`; null where there is none. */
  get onnx(): Uint8Array | null {
    const path = join(this.#loaded.dir, 'model.onnx');
    return existsSync(path) && statSync(path).isFile() ? readRegularFile(path, 'the model') : null;
  }

  /** The model card as Markdown; empty where there is none. */
  get card(): string {
    const path = this.#artifactPath('model-card.md');
    return existsSync(path)
      ? plainPaths(printable(readRegularFile(path, 'the model card').toString('utf8')))
      : '';
  }

  #artifactPath(name: string): string {
    return join(this.#loaded.dir, 'artifacts', name);
  }

  #npy<T extends NpyData>(
    name: string,
    type: new () => T,
    what: string,
  ): { data: T; shape: readonly number[] } | null {
    return this.#artifact(name, (path) => {
      const { data, shape } = readNpy(path);
      if (data instanceof type) return { data, shape };
      throw new SightlineError('broken', `${name} does not hold ${what}.`);
    });
  }

  #artifact<T>(name: string, read: (path: string) => T): T | null {
    return this.#once<T | null>(name, null, () => {
      const path = this.#artifactPath(name);
      return existsSync(path) ? read(path) : null;
    });
  }

  /** What `read` gives, read once; `otherwise` where the file is damaged, which goes into the notes. */
  #once<T>(name: string, otherwise: T, read: () => T): T {
    if (!this.#read.has(name)) {
      let value = otherwise;
      try {
        value = read();
      } catch (error) {
        if (!(error instanceof SightlineError)) throw error;
        const reason = error.message.replaceAll(`${this.#loaded.dir}/`, '');
        this.notes.push(`${name} is left out: ${plainPaths(visible(reason))}`);
      }
      this.#read.set(name, value);
    }
    return this.#read.get(name) as T;
  }
}
