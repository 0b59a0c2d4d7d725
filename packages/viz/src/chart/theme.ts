// The colors of the charts: a page sets the variables, once for its light and once for its dark theme, and a chart
// that is opened alone takes the value behind the comma.

export const color = {
  ink: 'currentColor',
  /** What a chart lies on: a line of it around words keeps them readable where they cross a rule. */
  paper: 'var(--viz-paper, #ffffff)',
  muted: 'var(--viz-muted, #666b73)',
  grid: 'var(--viz-grid, #dcdcd6)',
  training: 'var(--viz-training, #c05a1c)',
  validation: 'var(--viz-validation, #1b6b93)',
  warning: 'var(--viz-warning, #b3261e)',
  /** The last class of a binary problem, and the first. */
  lastClass: 'var(--viz-last-class, #1b6b93)',
  firstClass: 'var(--viz-first-class, #c05a1c)',
} as const;

/** A share, an accuracy or a probability as it is written everywhere in Sightline: three digits after the point. */
export function formatShare(value: number): string {
  return value.toFixed(3);
}

const compact = new Intl.NumberFormat('en-US', { notation: 'compact', maximumSignificantDigits: 3 });

/** A loss or a share as it is written beside a chart; a loss that overflowed has no number. */
export function formatValue(value: number): string {
  if (!Number.isFinite(value)) return 'overflowed';
  // From 10,000 on `16K`: losses that overflow soon take no more room than others.
  return value >= 1e4 ? compact.format(value) : value >= 100 ? value.toFixed(0) : value.toFixed(3);
}
