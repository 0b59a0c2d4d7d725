/** What opening a data set has shown, before it is trained on: errors stop, warnings are reported. */
import { assertTrainable, type Dataset, FINDINGS, type FindingKind } from '@sightline/data';
import type { Work } from '../events.ts';

/**
 * Reports the warnings, one line per kind; with `allowErrors` the errors too.
 *
 * @throws SightlineError `data` for findings that are errors
 */
export function checkFindings(
  dataset: Pick<Dataset, 'root' | 'findings'>,
  { emit }: Pick<Work, 'emit'>,
  allowErrors = false,
): void {
  if (!allowErrors) assertTrainable(dataset);
  for (const [kind, findings] of Map.groupBy(dataset.findings, (finding) => finding.kind)) {
    const [first, ...others] = findings;
    const more = others.length === 0 ? '' : ` And ${others.length} more: sightline check ${dataset.root}`;
    emit({ event: 'warning', message: `${titleOf(kind)}: ${first!.message}${more}` });
  }
}

const titleOf = (kind: FindingKind) => FINDINGS[kind].title;
