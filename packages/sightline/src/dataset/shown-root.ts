/** A data set's folder as runs and checks keep it. */
import { relative, resolve } from 'node:path';

/** Relative to the working folder if inside it, else absolute. */
export function shownRoot(root: string): string {
  const inside = relative('.', resolve(root));
  return inside.startsWith('..') ? resolve(root) : inside || '.';
}
