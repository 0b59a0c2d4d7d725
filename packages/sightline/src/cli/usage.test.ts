// Usage pages: what they say, how wide they are, and what is loaded for them.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import * as data from '@sightline/data';
import { expect, test } from 'vitest';
import { call } from '../../test/call.ts';
import * as models from '../model/open-model.ts';
import * as choices from './choices.ts';
import { COMMANDS } from './commands.ts';
import { experimentOptions, placeOptions } from './experiment-options.ts';
import type { Options } from './option.ts';
import { sentencesOf, termOf } from './usage.ts';

const names = COMMANDS.map(({ name }) => name);

test('the root page lists every command with its summary', async () => {
  const { code, stdout } = await call('--help');
  expect(code).toBe(0);
  for (const { name, summary } of COMMANDS) expect(stdout).toContain(`  ${name.padEnd(8)}  ${summary}`);
  expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
});

test.each(names)('%s --help is plain text of at most 80 columns, with an example', async (name) => {
  const { code, stdout, stderr } = await call(name, '--help');
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
  expect(stdout).not.toContain('\u001b');
  expect(stdout).toContain(`Usage:\n  sightline ${name}`);
  expect(stdout).toMatch(/Examples:\n {2}# .*\n {2}sightline /);
  expect(stdout).toContain('--json');
});

test("the page has each option's value and default, and which ones the environment gives", async () => {
  const { stdout } = await call('train', '--help');
  expect(stdout.replace(/\s+/g, ' ')).toContain('--batch-size N Images per step. --learning-rate X');
  expect(stdout.replace(/\s+/g, ' ')).toContain('SIGHTLINE_MEMORY for --memory');
  expect((await call('features', '--help')).stdout).toMatch(/--out FILE\.npy .*\n.*Required\./);
  expect((await call('help', 'predict')).stdout).toBe((await call('predict', '--help')).stdout);
});

test('versions name what runs', async () => {
  const { stdout } = await call('--version');
  expect(stdout).toMatch(/^sightline \d+\.\d+\.\d+\nNode \d+\.\d+\.\d+\nONNX Runtime \d+\.\d+\.\d+\n$/);
});

/** The modules that a command line loads, in a process of its own. */
function loaded(...args: string[]): string[] {
  const hook = `import { registerHooks } from 'node:module';
    registerHooks({ load(url, context, next) { process.stderr.write('loaded ' + url + '\\n'); return next(url, context); } });`;
  const main = fileURLToPath(new URL('../main.ts', import.meta.url));
  const { stderr } = spawnSync(
    process.execPath,
    [
      '--conditions=@sightline/source',
      '--import',
      `data:text/javascript,${encodeURIComponent(hook)}`,
      main,
      ...args,
    ],
    { encoding: 'utf8' },
  );
  return stderr.split('\n').flatMap((line) => line.match(/^loaded (.*)/)?.[1] ?? []);
}

test.each([['--help'], ...names.map((name) => [name, '--help'])])(
  '%s %s loads neither an engine nor an image decoder',
  (...args) => {
    const modules = loaded(...args.filter((arg) => arg !== undefined));
    expect(modules.length).toBeGreaterThan(3);
    expect(
      modules.filter((url) =>
        /tfjs|onnxruntime-node|napi-rs|linkedom|\/packages\/(?!sightline|core|image|models\/src\/(backbones|experiment|engine\/select|networks\/index|train\/settings)|ort\/src\/provider)/.test(
          url,
        ),
      ),
    ).toEqual([]);
    const commands = modules.filter((url) => url.includes('/cli/commands/'));
    expect(commands).toHaveLength(args[0] === '--help' ? 0 : 1);
  },
);

test('the words that options take are those of the packages behind them', () => {
  expect(choices.SPLITS).toEqual(data.SPLIT_NAMES);
  expect(choices.EXPORT_FORMATS).toEqual(models.EXPORT_FORMATS);
});

test('the README has the table of environment variables as the options describe it', () => {
  const options: Options = { ...experimentOptions, ...placeOptions };
  const rows = Object.entries(options).map(
    ([name, option]) => `| \`${termOf(name, option)}\` | \`${option.variable}\` | ${sentencesOf(option)} |`,
  );
  const readme = readFileSync(new URL('../../README.md', import.meta.url), 'utf8');
  const table = /<!-- table: variables -->\n(.*?)<!-- end -->/s.exec(readme)?.[1];
  expect(table).toBe(['| option | variable | |', '|---|---|---|', ...rows, ''].join('\n'));
});
