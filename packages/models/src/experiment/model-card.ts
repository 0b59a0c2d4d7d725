// A model card: what a trained network is, what it was measured on, where it fails and how to load it, in Markdown.
// Source of the form: Mitchell et al., Model Cards for Model Reporting (2019).

import { plainPaths } from '@sightline/core';
import type { ClassificationMetrics } from '@sightline/metrics';
import type { Run } from '@sightline/runs';

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
const between = ([low, high]: readonly [number, number]) => `${percent(low)} to ${percent(high)}`;

/** A dash for a class without images, of which nothing is known. */
const within = (value: number, interval: readonly [number, number]) =>
  Number.isNaN(value) ? '–' : `${value.toFixed(3)} (${interval.map((end) => end.toFixed(3)).join(' to ')})`;

/** Columns are padded, so that the source reads as a table too. */
function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = [head, ...rows].map((row) => row.map((cell) => cell.replaceAll('|', '\\|')));
  const widths = head.map((_, k) => Math.max(3, ...cells.map((row) => row[k]!.length)));
  const line = (row: readonly string[], fill: string) =>
    `| ${row.map((cell, k) => cell.padEnd(widths[k]!, fill)).join(' | ')} |`;
  const [names, ...body] = cells;
  return [
    line(names!, ' '),
    line(
      head.map(() => ''),
      '-',
    ),
    ...body.map((row) => line(row, ' ')),
  ].join('\n');
}

/** From more classes than these, their names and a matrix of them are too much to read. */
const MANY_CLASSES = 12;
/** Pairs of confused classes in place of a matrix. */
const MOST_PAIRS = 20;

/** The confusion matrix, or of many classes the pairs that are confused most. */
function confusionOf(
  confusion: readonly (readonly number[])[],
  classes: readonly string[],
  isLong: boolean,
): string[] {
  if (!isLong)
    return [
      'Confusion matrix (rows: true class; columns: predicted class):',
      markdownTable(
        ['', ...classes],
        confusion.map((row, k) => [classes[k]!, ...row.map(String)]),
      ),
    ];
  const pairs = confusion
    .flatMap((row, label) => row.map((count, predicted) => ({ label, predicted, count })))
    .filter(({ label, predicted, count }) => label !== predicted && count > 0)
    .sort((a, b) => b.count - a.count)
    .slice(0, MOST_PAIRS);
  if (pairs.length === 0) return [];
  return [
    'Most frequent mistakes:',
    markdownTable(
      ['true class', 'predicted class', 'images'],
      pairs.map(({ label, predicted, count }) => [classes[label]!, classes[predicted]!, `${count}`]),
    ),
  ];
}

/** The card of a run, from its run.json and the report of its validation images. */
export function modelCard(run: Run, report: ClassificationMetrics): string {
  const { config, data } = run;
  const [height, width] = config.imageSize;
  const { train, validation, test } = data.counts;
  const counts = data.classes.map((name, k) =>
    [name, train[k], validation[k], ...(test ? [test[k]] : [])].map(String),
  );
  const tested = run.metrics?.splits?.test;
  const isLong = data.classes.length > MANY_CLASSES;
  const areas = new Map(report.ranking.map(({ class: name, roc }) => [name, within(roc.area, roc.interval)]));
  // Of two classes one area says all.
  const hasAreas = areas.size > 1;
  const byClass = report.classes.map((row) => {
    const isKnown = row.support > 0;
    return [
      row.class,
      isKnown ? within(row.precision, row.precisionInterval) : '–',
      isKnown ? within(row.recall, row.recallInterval) : '–',
      isKnown ? within(row.f1, row.f1Interval) : '–',
      ...(hasAreas ? [areas.get(row.class) ?? '–'] : []),
      `${row.support}`,
    ];
  });
  const sections = [
    `# ${run.experiment}`,
    `An image classifier for ${isLong ? `${data.classes.length} classes` : data.classes.join(', ')}: the network \`${config.network}\` on ${config.backbone === null ? '' : `the features that \`${config.backbone}\` gives of `}${width}x${height} RGB images. Trained ${run.startedAt.slice(0, 10)} with Sightline ${run.software.sightline} (seed ${run.seed}, ${run.engine.name} on ${run.engine.provider}).`,
    run.metrics?.collapsed ? `**This run has collapsed.** ${run.metrics.collapsed.advice}` : '',
    '## Data',
    `Images of \`${plainPaths(data.root)}\` (content hash \`${data.hash.slice(0, 16)}…\`).`,
    markdownTable(['class', 'training', 'validation', ...(test ? ['test'] : [])], counts),
    '## Training',
    `\`\`\`\n${plainPaths(run.command)}\n\`\`\``,
    trainingOf(run),
    ...(tested
      ? [
          '## Measured on the test images',
          `Held out until the end; nothing was chosen by them. Accuracy: ${percent(tested.accuracy)} of ${tested.images} images (95 %: ${between(tested.accuracyInterval)}).`,
        ]
      : []),
    '## Measured on the validation images',
    [
      `- Accuracy: ${percent(report.accuracy)} of ${report.count} images (95 %: ${between(report.accuracyInterval)})`,
      ...(hasAreas ? [] : [...areas].map(([name, area]) => `- ROC area (${name}): ${area}`)),
      `- Expected calibration error: ${report.calibration.expectedError.toFixed(3)}`,
    ].join('\n'),
    markdownTable(
      ['class', 'precision', 'recall', 'F1', ...(hasAreas ? ['ROC area'] : []), 'images'],
      byClass,
    ),
    ...confusionOf(report.confusion, data.classes, isLong),
    '## Limits',
    [
      `- It knows ${data.classes.length} classes and gives one of them to any image, whatever it shows.`,
      `- The metrics hold for images like those it was measured on.${chosenBy(run)}`,
      ...(report.count < 1000
        ? [`- ${report.count} validation images leave the interval above: differences inside it say little.`]
        : []),
    ].join('\n'),
    '## Loading it',
    loading(run),
  ];
  return `${sections.filter(Boolean).join('\n\n')}\n`;
}

function trainingOf({ config, fineTune }: Run): string {
  const { epochs, batchSize, optimizer, augmentation } = config;
  if (!optimizer) return `Logistic regression, solved to convergence.${fineTune ? tuningOf(fineTune) : ''}`;
  const steps = `${epochs} epochs of batches of ${batchSize}; ${optimizer.name}, learning rate ${optimizer.learningRate}`;
  return `${steps}; augmentation: ${augmentation ? `\`${JSON.stringify(augmentation)}\`` : 'none'}.`;
}

function tuningOf({ before, after, isKept }: NonNullable<Run['fineTune']>): string {
  const change = `took the accuracy on the validation images from ${percent(before)} to ${percent(after)}`;
  const rest = isKept ? 'and was kept' : 'and was not kept: this is the network without it';
  return ` Fine-tuning the last blocks of the backbone ${change}, ${rest}.`;
}

/** What the validation images were looked at for. */
function chosenBy({ config: { epochs, keep }, fineTune }: Run): string {
  if (fineTune)
    return ' The validation images decided whether fine-tuning was kept, so an unseen test set is a fairer judge.';
  if (epochs === undefined || keep === 'last') return '';
  return ' The validation images chose the epoch that was kept, so an unseen test set is a fairer judge.';
}

function loading({ config, fineTune }: Run): string {
  const { backbone, imageSize } = config;
  const [height, width] = imageSize;
  const features = fineTune?.isKept
    ? `the features of ${backbone} after the block that its metadata names (\`upTo\`)`
    : `the features of ${backbone}`;
  const takes = backbone === null ? 'images' : features;
  return [
    `\`model.onnx\` takes \`image\`, uint8 (N, ${height}, ${width}, 3), RGB; all preprocessing is inside. \`probabilities\` is (N, classes); the class names are in the metadata. \`model/\` takes ${takes}.`,
    'TypeScript:',
    `\`\`\`ts\nimport { loadModel } from '@sightline/models';\nconst { model, metadata } = await loadModel('model');\n\`\`\``,
    'Python:',
    `\`\`\`python\nimport onnxruntime\nsession = onnxruntime.InferenceSession("model.onnx")\nprobabilities, = session.run(None, {"image": image})\n\`\`\``,
    'In a browser:',
    `\`\`\`js\nconst model = await tf.loadLayersModel('model/model.json');${backbone === null ? '\nconst probability = model.predict(tf.browser.fromPixels(picture).div(255).expandDims());' : ''}\n\`\`\``,
  ].join('\n\n');
}
