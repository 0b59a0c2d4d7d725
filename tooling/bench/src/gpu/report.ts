// The report of `npm run gpu`: data, and the Markdown made of it.

import type { Machine } from '../machine.ts';
import { figure, renderTable } from '../table.ts';

/** Something measured, beside onnxruntime on cpu. */
export interface Measurement {
  /** A network's training step, or a backbone's features. */
  readonly what: string;
  /** Images of a batch. */
  readonly batch: number;
  /** The largest difference from cpu: of losses, or of features over the largest feature. */
  readonly difference: number;
  readonly tolerance: number;
  /** Images per second, and how many times that is cpu's, in turns. None for a GPU in software. */
  readonly rate?: number;
  readonly ratio?: number;
  /** Nodes by provider, and operators that fell back to another, where the engine knows. */
  readonly nodes?: Readonly<Record<string, number>>;
  readonly strays?: readonly string[];
}

export interface Candidate {
  readonly engine: string;
  readonly provider?: string;
  /** The card, where it loads. */
  readonly device?: string;
  /** What is missing, where it does not. */
  readonly missing?: string;
  readonly measurements: readonly Measurement[];
  /** What could not be measured, and why. */
  readonly failures: readonly string[];
}

export interface GpuReport {
  readonly date: string;
  readonly command: string;
  readonly machine: Machine;
  readonly software: Readonly<Record<string, string>>;
  readonly candidates: readonly Candidate[];
}

export const candidateName = ({ engine, provider }: Pick<Candidate, 'engine' | 'provider'>): string =>
  provider ? `${engine} on ${provider}` : engine;

const isEqual = ({ difference, tolerance }: Measurement): boolean => difference <= tolerance;

/** Whether all that loads could be measured and equals cpu. */
export const passes = ({ candidates }: GpuReport): boolean =>
  candidates.every(({ measurements, failures }) => failures.length === 0 && measurements.every(isEqual));

export function renderReport(report: GpuReport): string {
  const { date, command, machine, software, candidates } = report;
  const loaded = candidates.filter(({ device }) => device !== undefined);
  const parts = [
    `# ${loaded.map(({ device }) => device).join('; ') || 'No GPU'}`,
    `${date}, \`${command}\`. ${machine.cpu}, ${machine.cores} cores, ${machine.memoryGiB} GiB, ${machine.platform}. ${Object.entries(
      software,
    )
      .map(([name, version]) => `${name} ${version}`)
      .join(', ')}.`,
    ...loaded.map(renderCandidate),
    ...missingPart(candidates),
  ];
  return `${parts.join('\n\n')}\n`;
}

function renderCandidate(candidate: Candidate): string {
  const rows = candidate.measurements.map((measurement) => [
    measurement.what,
    String(measurement.batch),
    measurement.difference.toExponential(1),
    isEqual(measurement) ? 'equal' : `DIFFERS by more than ${measurement.tolerance}`,
    measurement.rate === undefined ? '' : figure(measurement.rate),
    measurement.ratio?.toFixed(2) ?? '',
    partitionOf(measurement),
  ]);
  const columns = ['', 'batch', 'from cpu', 'verdict', 'images/s', 'times cpu', 'nodes'];
  return [
    `## ${candidateName(candidate)}: ${candidate.device}`,
    ...(rows.length > 0 ? [renderTable({ columns, rows })] : []),
    ...candidate.failures.map((failure) => `FAILED ${failure}`),
  ].join('\n\n');
}

function partitionOf({ nodes, strays = [] }: Measurement): string {
  if (!nodes) return '';
  const counts = Object.entries(nodes).map(([provider, count]) => `${count} ${provider}`);
  return counts.join(', ') + (strays.length > 0 ? ` (${strays.join(', ')})` : '');
}

/** What does not load, and what it needs. */
export function missingPart(candidates: readonly Candidate[]): string[] {
  const missing = candidates.filter((candidate) => candidate.missing !== undefined);
  if (missing.length === 0) return [];
  return [
    '## What does not load here',
    missing.map((candidate) => `- ${candidateName(candidate)}: ${candidate.missing}`).join('\n'),
  ];
}
