// Findings: what is wrong with a data set, as plain data. `openDataset` finds what names and contents show, `checkDataset`
// what pictures show as well. Errors keep a training from meaning anything, so they stop it; warnings are shown.

import { shown } from '@sightline/core';

/** Kinds of findings, and the heading of each. */
export const FINDINGS = {
  layout: { severity: 'error', title: 'the folder cannot be used as it is' },
  'same-name': { severity: 'error', title: 'class names that are one name' },
  unreadable: { severity: 'error', title: 'cannot be read' },
  leak: { severity: 'error', title: 'the same image in two splits' },
  'near-leak': { severity: 'error', title: 'images that look alike in two splits' },
  'label-conflict': { severity: 'error', title: 'the same image under two labels' },
  duplicate: { severity: 'warning', title: 'the same image twice' },
  'near-label-conflict': { severity: 'warning', title: 'images that look alike under two labels' },
  'near-duplicate': { severity: 'warning', title: 'images that look alike' },
  'no-validation': { severity: 'warning', title: 'classes without validation images' },
  series: { severity: 'warning', title: 'series of images in both splits' },
  nested: { severity: 'warning', title: 'classes with folders in them' },
  unsupported: { severity: 'warning', title: 'pictures in formats that are not read' },
  odd: { severity: 'warning', title: 'unlike all the others' },
  'wrong-extension': { severity: 'warning', title: 'the name says another format' },
  'one-color': { severity: 'warning', title: 'nothing but one color' },
  tiny: { severity: 'warning', title: 'very small' },
  imbalance: { severity: 'warning', title: 'one class has far more images than another' },
  ignored: { severity: 'warning', title: 'not used' },
} as const satisfies Record<string, { severity: Severity; title: string }>;

export type Severity = 'error' | 'warning';
export type FindingKind = keyof typeof FINDINGS;

export interface Finding {
  readonly kind: FindingKind;
  readonly severity: Severity;
  /** One sentence. */
  readonly message: string;
  /** The files that it is about; of a group of equal images, all. */
  readonly paths: readonly string[];
}

/** A finding of a kind. Default severity: that of its kind. */
export function finding(
  kind: FindingKind,
  message: string,
  paths: readonly string[] = [],
  severity: Severity = FINDINGS[kind].severity,
): Finding {
  return { kind, severity, message, paths };
}

/** Whether folders are to be renamed or moved: a list of their images would have the same fault. */
export const isOfFolders = ({ kind }: Finding): boolean => kind === 'layout' || kind === 'same-name';

/** Up to four names in quotes, and how many more there are. */
export function named(names: readonly string[]): string {
  const first = names.slice(0, 4).map(shown).join(', ');
  return names.length > 4 ? `${first} and ${names.length - 4} more` : first;
}

/**
 * The share of the validation images (for conflicts: of all images) from which on a finding about them is an error: below,
 * a metric is off by less than its own uncertainty.
 */
const NOTABLE_SHARE = 0.02;

export const bySize = (affected: number, all: number): Severity =>
  affected > NOTABLE_SHARE * all ? 'error' : 'warning';
