// The page of a data check: how many images each class has, and what was found, with the pictures themselves.

import { counted, integer, plainPaths, SightlineError, upperFirst } from '@sightline/core';
import type { Check, LoadedCheck } from '@sightline/runs';
import type { Assets } from './assets.ts';
import { sum } from './numbers.ts';
import { addPng, type Sheet, type Tile, toSheet } from './sheet.ts';

/** Pictures that belong together, and what is said about them. */
export interface FindingGroup {
  message: string;
  /** Empty where there are no pictures, as for files that cannot be read. */
  tiles: Tile[];
}

/** All findings of one kind. */
export interface FindingSection {
  id: string;
  title: string;
  severity: 'error' | 'warning';
  count: string;
  /** Whether each finding is about several pictures, which stand side by side, or about one. */
  isGrouped: boolean;
  groups: FindingGroup[];
  /** How many findings are not shown; empty for none. */
  more: string;
}

/** The page of a data check. */
export interface CheckPage {
  slug: string;
  name: string;
  /** Sentences: how many images, and how sound they are. */
  lead: string;
  /** A few words of the same, for a table. */
  brief: string;
  state: { kind: 'sound' | 'partial' | 'failed'; word: string };
  splits: string[];
  /** A count per split; `isMissing` where it has no image of the class. */
  classCounts: { name: string; counts: { text: string; isMissing: boolean }[]; share: number }[];
  findings: FindingSection[];
  sheet: Omit<Sheet, 'tiles'> | null;
  facts: Fact[];
  command: string;
  /** Writes a table of the images without faults; null where all images are in it. */
  fix: string | null;
  notes: string[];
}

/** A row of a two-column table. */
export interface Fact {
  term: string;
  text: string;
}

type Finding = Check['findings'][number];

/** Findings of one kind that a page shows; the rest is in check.json. */
const SHOWN = 12;

export function checkPage({ dir, name, check }: LoadedCheck, slug: string, assets: Assets): CheckPage {
  const notes: string[] = [];
  const sheet = sheetOf(check, dir, slug, assets, notes);
  const tiles = new Map((check.pictures?.items ?? []).map(({ path }, i) => [path, sheet?.tiles[i]]));
  const splits = Object.keys(check.counts);
  return {
    slug,
    name,
    lead: leadOf(check),
    brief: `${counted(check.images, 'image')} in ${counted(check.classes.length, 'class')}`,
    state: stateOf(check),
    splits: splits.map((split) => (split === 'all' ? 'images' : split)),
    classCounts: classCounts(check, splits),
    findings: [...Map.groupBy(check.findings, ({ kind }) => kind).values()]
      .map((findings) => sectionOf(findings, tiles))
      .sort((a, b) => Number(a.severity === 'warning') - Number(b.severity === 'warning')),
    sheet: sheet && { src: sheet.src, columns: sheet.columns, rows: sheet.rows, aspect: sheet.aspect },
    facts: factsOf(check),
    command: plainPaths(check.command),
    fix: check.findings.some(({ paths }) => paths.length > 0) ? `${plainPaths(check.command)} --fix` : null,
    notes,
  };
}

function sheetOf(
  { pictures }: Check,
  dir: string,
  slug: string,
  assets: Assets,
  notes: string[],
): Sheet | null {
  if (pictures === null) return null;
  try {
    const picture = addPng(dir, 'pictures.png', `data-${slug}`, assets);
    return toSheet(picture, pictures, ({ path, label }) => ({
      alt: `The image ${path}`,
      caption: label,
      detail: path,
    }));
  } catch (error) {
    if (!(error instanceof SightlineError)) throw error;
    notes.push(`The pictures are left out: ${plainPaths(error.message)}`);
    return null;
  }
}

function stateOf({ errors, warnings }: Check): CheckPage['state'] {
  if (errors > 0)
    return {
      kind: 'failed',
      word:
        warnings > 0
          ? `${counted(errors, 'error')}, ${counted(warnings, 'warning')}`
          : counted(errors, 'error'),
    };
  if (warnings > 0) return { kind: 'partial', word: counted(warnings, 'warning') };
  return { kind: 'sound', word: 'no problems' };
}

function leadOf({ images, classes, errors, warnings }: Check): string {
  const what = `${counted(images, 'image')} in ${counted(classes.length, 'class')}.`;
  if (errors > 0) {
    const others = warnings > 0 ? ` and ${counted(warnings, 'warning')}` : '';
    return `${what} Found ${counted(errors, 'error')}${others}: with errors, a training's results cannot be trusted.`;
  }
  if (warnings > 0) return `${what} No errors, ${counted(warnings, 'warning')}.`;
  return `${what} No problems found.`;
}

/** One row per class; the bar is its share of the largest class. */
function classCounts({ classes, counts }: Check, splits: readonly string[]): CheckPage['classCounts'] {
  const totals = classes.map((name) => sum(splits.map((split) => counts[split]?.[name] ?? 0)));
  const most = Math.max(1, ...totals);
  return classes.map((name, i) => ({
    name,
    counts: splits.map((split) => {
      const count = counts[split]?.[name] ?? 0;
      return { text: integer(count), isMissing: count === 0 };
    }),
    share: totals[i]! / most,
  }));
}

function sectionOf(
  findings: readonly Finding[],
  tiles: ReadonlyMap<string, Tile | undefined>,
): FindingSection {
  const { kind, title, severity } = findings[0]!;
  const isGrouped = findings.some(({ paths }) => paths.length > 1);
  const more = findings.length - SHOWN;
  return {
    id: kind,
    title: upperFirst(title),
    severity,
    count: integer(findings.length),
    isGrouped,
    groups: findings.slice(0, SHOWN).map((finding) => groupOf(finding, tiles, isGrouped)),
    more: more > 0 ? `${integer(more)} more ${more === 1 ? 'is' : 'are'} in check.json.` : '',
  };
}

function groupOf(
  { message, paths }: Finding,
  tiles: ReadonlyMap<string, Tile | undefined>,
  isGrouped: boolean,
): FindingGroup {
  const shown = paths.flatMap((path) => {
    const tile = tiles.get(path);
    if (tile === undefined) return [];
    // The path says the split where folders do; alone, a picture is described by the finding.
    const detail = isGrouped ? path : message;
    return [{ ...tile, detail }];
  });
  if (shown.length === 0) return { message, tiles: [] };
  if (!isGrouped) return { message: '', tiles: shown };
  // The pictures name their paths, so the sentence need not.
  const unseen = paths.length - shown.length;
  const rest = unseen > 0 ? ` ${integer(unseen)} more ${unseen === 1 ? 'is' : 'are'} not shown.` : '';
  return { message: `${message.replace(/: ".*$/s, '.')}${rest}`, tiles: shown };
}

function factsOf({ root, formats, sizes, checkedAt }: Check): CheckPage['facts'] {
  const kinds = Object.entries(formats).map(([format, count]) => `${integer(count)} ${format.toUpperCase()}`);
  return [
    { term: 'folder', text: plainPaths(root) },
    { term: 'formats', text: kinds.join(', ') || 'no readable images' },
    ...(sizes
      ? [
          {
            term: 'pixels',
            text: `${sizes.smallest} to ${sizes.largest}, median ${sizes.median}`.replaceAll(' x ', ' × '),
          },
        ]
      : []),
    { term: 'checked', text: `${checkedAt.slice(0, 16).replace('T', ' ')} UTC` },
  ];
}
