/** What opening a data set has shown, before it is trained on: errors stop, warnings are reported. */
import { assertTrainable, type Dataset, FINDINGS, type Finding, type FindingKind } from '@sightline/data';
import type { Run } from '@sightline/runs';
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

/** Findings in a run.json: `sightline check` has all. */
export const MOST_FINDINGS = 100;

/** The first findings as checks and runs keep them. Default: all. */
export function keptFindings(
  findings: readonly Finding[],
  most = findings.length,
): NonNullable<Run['data']['findings']> {
  return findings.slice(0, most).map(({ kind, severity, message, paths }) => ({
    kind,
    severity,
    title: titleOf(kind),
    message,
    paths: [...paths],
  }));
}

const titleOf = (kind: FindingKind) => FINDINGS[kind].title;
