// A model card: what a trained network is, what it was measured on, where it fails and how to load it, in Markdown.
// Source of the form: Mitchell et al., Model Cards for Model Reporting (2019).

import type { ClassificationMetrics } from '@sightline/metrics';
import type { Run } from '@sightline/runs';

const percent = (share: number) => `${(100 * share).toFixed(1)} %`;
const between = ([low, high]: readonly [number, number]) => `${percent(low)} to ${percent(high)}`;

const within = (value: number, interval: readonly [number, number]) =>
  `${value.toFixed(3)} (${interval.map((end) => end.toFixed(3)).join(' to ')})`;

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

/** The card of a run, from its run.json and the report of its validation images. */
export function modelCard(run: Run, report: ClassificationMetrics): string {
  const { config, data } = run;
  const input = config.backbone === null ? 'images' : 'features';
  const [height, width] = config.imageSize;
  const counts = data.classes.map((name, k) => [
    name,
    `${data.counts.train[k]}`,
    `${data.counts.validation[k]}`,
  ]);
  const byClass = report.classes.map((row) => [
    row.class,
    within(row.precision, row.precisionInterval),
    within(row.recall, row.recallInterval),
    within(row.f1, row.f1Interval),
    `${row.support}`,
  ]);
  const areas = report.ranking.map(
    ({ class: name, roc }) =>
      `- ROC area (${name}): ${roc.area.toFixed(3)} (${roc.interval.map((v) => v.toFixed(3)).join(' to ')})`,
  );
  const sections = [
    `# ${run.experiment}`,
    `An image classifier for ${data.classes.join(', ')}: the network \`${config.network}\` on ${width}x${height} RGB images${input === 'images' ? '' : ', by way of VGG16’s features'}. Trained ${run.startedAt.slice(0, 10)} with Sightline ${run.software.sightline} (seed ${run.seed}, ${run.engine.name} on ${run.engine.provider}).`,
    run.metrics?.collapsed ? `**This run has collapsed.** ${run.metrics.collapsed.advice}` : '',
    '## Data',
    `Images of \`${data.root}\` (content hash \`${data.hash.slice(0, 16)}…\`).`,
    markdownTable(['class', 'training', 'validation'], counts),
    '## Training',
    `\`${run.command}\``,
    trainingOf(config),
    '## Measured on the validation images',
    [
      `- Accuracy: ${percent(report.accuracy)} of ${report.count} images (95 %: ${between(report.accuracyInterval)})`,
      ...areas,
      `- Expected calibration error: ${report.calibration.expectedError.toFixed(3)}`,
    ].join('\n'),
    markdownTable(['class', 'precision', 'recall', 'F1', 'images'], byClass),
    `Taken for one another (rows: what it is; columns: what it was called):`,
    markdownTable(
      ['', ...data.classes],
      report.confusion.map((row, k) => [data.classes[k]!, ...row.map(String)]),
    ),
    '## Limits',
    [
      `- It knows ${data.classes.length} classes and gives one of them to any image, whatever it shows.`,
      `- The metrics hold for images like those it was validated on. These were looked at after each epoch, so an unseen test set is a fairer judge.`,
      ...(report.count < 1000
        ? [`- ${report.count} validation images leave the interval above: differences inside it say little.`]
        : []),
    ].join('\n'),
    '## Loading it',
    loading(input, [height, width]),
  ];
  return `${sections.filter(Boolean).join('\n\n')}\n`;
}

function trainingOf({ epochs, batchSize, optimizer, augmentation }: Run['config']): string {
  if (!optimizer) return 'Logistic regression, solved to convergence.';
  const steps = `${epochs} epochs of batches of ${batchSize}; ${optimizer.name}, learning rate ${optimizer.learningRate}`;
  return `${steps}; augmentation: ${augmentation ? `\`${JSON.stringify(augmentation)}\`` : 'none'}.`;
}

function loading(input: string, [height, width]: readonly [number, number]): string {
  const name = input === 'images' ? 'image' : 'features';
  const what =
    input === 'images'
      ? `\`image\` is uint8 (N, ${height}, ${width}, 3), RGB; the division by 255 is inside`
      : `\`features\` is float32 (N, height, width, 512): VGG16's, as \`sightline features\` writes them`;
  return [
    `${what}. \`probabilities\` is (N, classes); the class names are in the ONNX metadata.`,
    'TypeScript:',
    `\`\`\`ts\nimport { loadModel } from '@sightline/models';\nconst { model, metadata } = await loadModel('model');\n\`\`\``,
    'Python:',
    `\`\`\`python\nimport onnxruntime\nsession = onnxruntime.InferenceSession("model.onnx")\nprobabilities, = session.run(None, {"${name}": ${name}})\n\`\`\``,
    'In a browser:',
    `\`\`\`js\nconst model = await tf.loadLayersModel('model/model.json');${input === 'images' ? '\nconst probability = model.predict(tf.browser.fromPixels(picture).div(255).expandDims());' : ''}\n\`\`\``,
  ].join('\n\n');
}
