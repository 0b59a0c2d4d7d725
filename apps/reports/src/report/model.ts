// What the pages show, as data: text that is already in words, charts that are already drawn, and the addresses of
// pictures from the site's root. The pages (in site/) only arrange it.

/** A chart in two widths: a page shows the one that fits. */
export interface Chart {
  wide: string;
  narrow: string;
}

/** A row of a two-column table. */
export interface Fact {
  term: string;
  text: string;
}

/** How a run ended, for those who only look: a word, how grave it is, and what to try. */
export interface State {
  kind: 'sound' | 'partial' | 'collapsed' | 'failed';
  word: string;
  /** A few words, for a chart. */
  note: string;
  /** What happened, in a sentence; empty for a sound run. */
  explanation: string;
  /** What to do about it, in a sentence; empty for a sound run. */
  advice: string;
  /** A command to try, where there is one. */
  command: string | null;
}

/** One image of a sheet: where it lies in the picture (column and row), and what there is to say about it. */
export interface Tile {
  column: number;
  row: number;
  alt: string;
  /** The label, or what it was taken for. */
  caption: string;
  /** A second, smaller line. */
  detail: string;
}

/** A picture of equal tiles, row by row. */
export interface Sheet {
  src: string;
  columns: number;
  rows: number;
  /** Width of a tile divided by its height. */
  aspect: number;
  tiles: Tile[];
}

/** Of augmented images, with the image as it was before them. */
export interface AugmentedSheet extends Sheet {
  /** The tiles, those of one image together. */
  groups: Tile[][];
}

export interface KernelPictures {
  positive: Picture;
  negative: Picture;
  count: number;
  /** `5×5×3`. */
  size: string;
}

export interface Picture {
  src: string;
  width: number;
  height: number;
  alt: string;
}

interface LayerRow {
  name: string;
  type: string;
  outputShape: string;
  parameters: string;
}

export interface Layers {
  rows: LayerRow[];
  total: string;
}

export interface TopFive {
  picture: Picture;
  label: string;
  weights: string;
  classes: { name: string; probability: string; share: number }[];
}

/** Answers by true class (row) and given class (column), and the mistakes that were made most often. */
export interface Confusion {
  classes: string[];
  /** Empty where there are too many classes for a table. */
  rows: {
    label: string;
    cells: { count: number; share: number; isRight: boolean }[];
    recall: string;
    total: number;
  }[];
  /** The most frequent first; empty where the table shows them all. */
  mistakes: { label: string; predicted: string; count: number }[];
  right: number;
  total: number;
}

/** A figure with its 95 % interval, `0.701–0.823`. */
interface WithInterval {
  value: string;
  interval: string;
}

export interface ClassRow {
  name: string;
  precision: WithInterval;
  recall: WithInterval;
  f1: WithInterval;
  images: string;
}

interface ClassTable {
  rows: ClassRow[];
  /** Over the classes that have images. */
  means: { title: string; precision: string; recall: string; f1: string };
  images: string;
  /** With its interval. */
  accuracy: string;
}

/** What `run.json` keeps of a network's answers, drawn. */
export interface FiguresSection {
  validation: ClassTable;
  training: (ClassTable & { confusion: Confusion }) | null;
  isBinary: boolean;
  /** Null where the images are all of one class. */
  ranking: { roc: Chart | null; precisionRecall: Chart | null };
  calibration: Chart;
  facts: Fact[];
}

export interface EpochRow {
  epoch: number;
  loss: string;
  accuracy: string;
  valLoss: string;
  valAccuracy: string;
  learningRate: string;
  seconds: string;
  isBest: boolean;
}

/** What the learning-rate finder saw. */
export interface RateCurve {
  chart: Chart;
  suggestion: string;
  /** The rate that the run was trained at. */
  own: string;
}

/** What a run shows of images and layers, each null where the run has no such artifact. */
export interface Artifacts {
  kernels: KernelPictures | null;
  layers: Layers | null;
  rate: RateCurve | null;
  vgg16Kernels: KernelPictures | null;
  vgg16Layers: Layers | null;
  topFive: TopFive | null;
  samples: Sheet | null;
  augmented: AugmentedSheet | null;
  mistakes: Sheet | null;
}

export interface RunPage {
  slug: string;
  name: string;
  /** A sentence: what was trained. */
  about: string;
  /** A few words of the same, for a card. */
  brief: string;
  /** Sentences: how well it does. */
  outcome: string;
  state: State;
  accuracy: string | null;
  interval: string | null;
  sparkline: string | null;
  charts: { loss: Chart; accuracy: Chart } | null;
  hasBaseline: boolean;
  epochs: EpochRow[];
  scores: Chart | null;
  confusion: Confusion | null;
  figures: FiguresSection | null;
  artifacts: Artifacts;
  facts: { configuration: Fact[]; engine: Fact[]; data: Fact[]; software: Fact[] };
  classCounts: { name: string; train: string; validation: string }[];
  timings: { part: string; seconds: string; share: number }[];
  command: string;
  /** What of the run folder could not be read or drawn. */
  notes: string[];
}

/** Pictures that belong together, and what is said of them. */
export interface FindingGroup {
  message: string;
  /** Empty where there are no pictures, as of files that cannot be read. */
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
  /** A few words of the same, for a card. */
  brief: string;
  state: { kind: 'sound' | 'partial' | 'failed'; word: string };
  splits: string[];
  classCounts: { name: string; counts: string[]; share: number }[];
  findings: FindingSection[];
  sheet: Omit<Sheet, 'tiles'> | null;
  facts: Fact[];
  command: string;
  notes: string[];
}

export interface Report {
  title: string;
  lead: string;
  /** Null without runs: then the site is of data checks alone. */
  bars: Chart | null;
  /** Whether other runs are drawn beside a baseline. */
  hasBaseline: boolean;
  runs: RunPage[];
  checks: CheckPage[];
  broken: { name: string; reason: string }[];
  features: Fact[];
  software: string;
}
