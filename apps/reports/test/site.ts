// The site of the real runs, and its pages as a reader has them.

import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { oncePerTestRun, realRuns } from '@sightline/testing';
import { buildSite } from '../src/index.ts';

export interface Folders {
  root: string;
  /** The folder of the real runs. */
  origin: string;
  runs: string;
  checks: string;
}

/** A copy of the real runs and checks that a test may change, with a name that no page may let become markup. */
export async function copyOfRuns(): Promise<Folders> {
  return copyInto(mkdtempSync(join(tmpdir(), 'sightline reports #')));
}

async function copyInto(root: string, without: readonly string[] = []): Promise<Folders> {
  const made = await realRuns();
  const folders = foldersIn(root, made.root);
  cpSync(made.runs, folders.runs, { recursive: true });
  cpSync(made.checks, folders.checks, { recursive: true });
  cpSync(join(made.runs, 'plain'), join(folders.runs, HOSTILE), { recursive: true });
  for (const name of without) rmSync(join(folders.runs, name), { recursive: true });
  return folders;
}

const foldersIn = (root: string, origin: string): Folders => ({
  root,
  origin,
  runs: join(root, 'runs'),
  checks: join(root, 'checks'),
});

/** Where `builtSite` would be on the web. */
export const SITE_URL = 'https://example.com/flowers';

/**
 * The site that test files share, with the runs and checks that it was built of: one run of each kind, since browsers
 * visit every page several times, and two networks per data set to try. No test may change it.
 */
export async function builtSite(): Promise<Folders & { site: string }> {
  const root = await oncePerTestRun('reports #', async (folder) => {
    const folders = await copyInto(folder, ['plain', 'plain-seed2', 'interrupted']);
    await buildSite({ ...folders, out: join(folder, 'site'), models: 2, url: SITE_URL });
  });
  return { ...foldersIn(root, (await realRuns()).root), site: join(root, 'site') };
}

export const HOSTILE = 'Räder & <b>“Reifen” #1\u2067\t\u0085';

export function filesIn(dir: string): string[] {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(dir, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .sort();
}

export const pagesIn = (dir: string): string[] => filesIn(dir).filter((name) => name.endsWith('.html'));

const ENTITIES: Record<string, string> = {
  '&lt;': '<',
  '&gt;': '>',
  '&quot;': '"',
  '&#39;': "'",
  '&#34;': '"',
  '&amp;': '&',
};

/** The text of a page. */
export function textOf(path: string): string {
  return readFileSync(path, 'utf8')
    .replace(/<(style|script)\b.*?<\/\1>/gs, '')
    .replaceAll('<wbr>', '')
    .replace(/<[^>]+>/g, ' ')
    .replace(/&(lt|gt|quot|#39|#34|amp);/g, (entity) => ENTITIES[entity]!)
    .replace(/\s+/g, ' ');
}
