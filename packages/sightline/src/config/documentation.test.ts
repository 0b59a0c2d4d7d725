// docs/configuration.md is written from the schema of an experiment: `npm test -- documentation -u` writes it again.

import { type ExperimentField, experimentFields } from '@sightline/models/experiment';
import { expect, test } from 'vitest';
import { literal } from './init-config.ts';

const HEAD = `# Configuration

<!-- Written by packages/sightline/src/config/documentation.test.ts from the schema: edit that, then \`npm test -- documentation -u\`. -->

A configuration names the images and the experiments to train on them. \`sightline init\` writes one with comments.

\`\`\`ts
// sightline.config.ts
import { defineConfig } from 'sightline';

export default defineConfig({
  data: 'photos',
  experiments: {
    transfer: {},
    residual: { network: 'residual', epochs: 30, optimizer: { name: 'adam', learningRate: 0.003 } },
  },
});
\`\`\`

Every field of an experiment may be left out. Options of the command line and environment variables override the configuration; \`sightline train --help\` lists them.
`;

const TITLES: Readonly<Record<string, string>> = {
  '': 'Fields of an experiment',
  data: '`data`',
  'data.columns': '`data.columns`',
  optimizer: '`optimizer`',
  schedule: '`schedule`',
  lookahead: '`lookahead`',
  progressiveResizing: '`progressiveResizing`',
  whitening: '`whitening`',
  earlyStopping: '`earlyStopping`',
  reduceOnPlateau: '`reduceOnPlateau`',
  fineTune: '`fineTune`: `true`, or',
};

const groupOf = (field: ExperimentField) => field.name.split('.').slice(0, -1).join('.');

test('docs/configuration.md has every field of an experiment', async () => {
  const groups = Map.groupBy(experimentFields(), groupOf);
  expect([...groups.keys()].sort()).toEqual(Object.keys(TITLES).sort());
  const sections = Object.entries(TITLES).map(
    ([name, title]) => `## ${title}\n\n${tableOf(groups.get(name) ?? [])}`,
  );
  await expect([HEAD, ...sections, ''].join('\n')).toMatchFileSnapshot('../../../../docs/configuration.md');
});

function tableOf(fields: readonly ExperimentField[]): string {
  const rows = fields.map((field) => {
    const name = field.name.split('.').at(-1);
    return `| \`${name}\` | ${cell(valuesOf(field))} | ${cell(defaultOf(field))} | ${cell(aboutOf(field))} |`;
  });
  return ['| field | value | default | |', '|---|---|---|---|', ...rows, ''].join('\n');
}

const valuesOf = ({ choices, type }: ExperimentField) =>
  [
    ...(choices ?? []).map((choice) => `\`${literal(choice)}\``),
    ...(choices && type === 'string' ? [] : [type]),
  ].join(', ');

function defaultOf({ default: value, defaultText }: ExperimentField): string {
  return defaultText ?? (value === undefined ? '' : `\`${literal(value)}\``);
}

const aboutOf = ({ description, variants }: ExperimentField) =>
  variants ? `${description} With ${variants.map((variant) => `\`${variant}\``).join(', ')}.` : description;

const cell = (text: string) => text.replaceAll('|', '\\|');
