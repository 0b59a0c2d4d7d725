// What a check reports: plain data, for the terminal, for programs and for the site.

import type { SplitName } from '../dataset/dataset.ts';
import type { Finding } from '../dataset/findings.ts';

export interface CheckedImage {
  readonly path: string;
  readonly className: string;
  /** Undefined where the data set has no splits: one is drawn for training. */
  readonly split: SplitName | undefined;
  /** Images of one group stay in one split. Default: none. */
  readonly group?: string;
  /** The split that a training uses it in, drawn where none is given; undefined where the image cannot be read. */
  readonly use: SplitName | undefined;
  /** Undefined where the image cannot be read. */
  readonly format: string | undefined;
  readonly width: number | undefined;
  readonly height: number | undefined;
  /** sha256 of the file, in hexadecimal; undefined likewise. */
  readonly hash: string | undefined;
}

export interface CheckReport {
  readonly root: string;
  readonly classes: readonly string[];
  /** Readable images by split (`all` where none is given) and class. */
  readonly counts: Readonly<Record<string, Readonly<Record<string, number>>>>;
  readonly formats: Readonly<Record<string, number>>;
  /** Pixels, width x height; undefined without readable images. */
  readonly sizes:
    | { readonly smallest: string; readonly median: string; readonly largest: string }
    | undefined;
  readonly images: readonly CheckedImage[];
  readonly findings: readonly Finding[];
  readonly errors: number;
  readonly warnings: number;
}
