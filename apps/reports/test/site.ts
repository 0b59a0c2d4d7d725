// The site of the real runs, and its pages as a reader has them.

import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { realRuns } from '@sightline/testing';

/** A copy of the real runs and checks that a test may change, with a name that no page may let become markup. */
export async function copyOfRuns(
  without: readonly string[] = [],
): Promise<{ root: string; origin: string; runs: string; checks: string }> {
  const made = await realRuns();
  const root = mkdtempSync(join(tmpdir(), 'sightline reports #'));
  const [runs, checks] = [join(root, 'runs'), join(root, 'checks')];
  cpSync(made.runs, runs, { recursive: true });
  cpSync(made.checks, checks, { recursive: true });
  cpSync(join(made.runs, 'plain'), join(runs, HOSTILE), { recursive: true });
  for (const name of without) rmSync(join(runs, name), { recursive: true });
  return { root, origin: made.root, runs, checks };
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
    .replace(/<[^>]+>/g, ' ')
    .replace(/&(lt|gt|quot|#39|#34|amp);/g, (entity) => ENTITIES[entity]!)
    .replace(/\s+/g, ' ');
}
