// The columns of the tables.

export interface Column {
  /** Empty: the corner above row headings that need no title. */
  title: string;
  /** Its class: numbers stand on the right, and bars leave on small screens. */
  is?: 'number' | 'bar-cell' | 'samples' | undefined;
  /** Whether the title is only heard. */
  isUnseen?: boolean;
  /** The run that it is of, for a page that shows some of them. */
  run?: string;
}

export const number = (title: string): Column => ({ title, is: 'number' });

/** A column of bars beside one of numbers. */
export const bars = (of: string): Column => ({ title: `${of} as a bar`, is: 'bar-cell', isUnseen: true });

/** Whether runs have narrow columns, so that the twelve that are compared fit beside each other. */
export const isMany = (runs: readonly unknown[]): boolean => runs.length > 6;
