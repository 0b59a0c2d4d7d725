// What a check reports: plain data, for the terminal, for programs and for the site.

import type { SplitName } from '../dataset/dataset.ts';

/** Kinds of findings, and what each is called in a sentence. An error keeps results from meaning anything. */
export const FINDINGS = {
  layout: { severity: 'error', title: 'the folder cannot be used as it is' },
  unreadable: { severity: 'error', title: 'cannot be read' },
  leak: { severity: 'error', title: 'the same image in two splits' },
  'near-leak': { severity: 'error', title: 'images that look alike in two splits' },
  'label-conflict': { severity: 'error', title: 'the same image under two labels' },
  duplicate: { severity: 'warning', title: 'the same image twice' },
  'near-label-conflict': { severity: 'warning', title: 'images that look alike under two labels' },
  'near-duplicate': { severity: 'warning', title: 'images that look alike' },
  'wrong-extension': { severity: 'warning', title: 'the name says another format' },
  'one-colour': { severity: 'warning', title: 'nothing but one colour' },
  tiny: { severity: 'warning', title: 'very small' },
  imbalance: { severity: 'warning', title: 'one class has far more images than another' },
  ignored: { severity: 'warning', title: 'not an image by its name, or outside of the class folders' },
} as const satisfies Record<string, { severity: 'error' | 'warning'; title: string }>;

export type FindingKind = keyof typeof FINDINGS;

export interface Finding {
  readonly kind: FindingKind;
  readonly severity: 'error' | 'warning';
  /** One sentence. */
  readonly message: string;
  /** The files that it is about; of a group of equal images, all. */
  readonly paths: readonly string[];
}

export interface CheckedImage {
  readonly path: string;
  readonly className: string;
  /** Undefined where the data set has no splits: one is drawn for training. */
  readonly split: SplitName | undefined;
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

export function finding(kind: FindingKind, message: string, paths: readonly string[] = []): Finding {
  return { kind, severity: FINDINGS[kind].severity, message, paths };
}
