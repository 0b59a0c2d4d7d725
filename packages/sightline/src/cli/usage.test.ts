// Usage pages: what they say, how wide they are, and what is loaded for them.

import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
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

/** The modules that the root page loads in a process of its own, and those that each command's page then adds. */
function loaded(): Map<string, string[]> {
  const hook = `import { registerHooks } from 'node:module';
    registerHooks({ load(url, context, next) { process.stderr.write('loaded ' + url + '\\n'); return next(url, context); } });`;
  const url = (path: string) => JSON.stringify(new URL(path, import.meta.url));
  const code = `
    process.stderr.write('page --help\\n');
    process.argv[2] = '--help';
    await import(${url('../main.ts')});
    const { sightline } = await import(${url('./sightline.ts')});
    for (const name of ${JSON.stringify(names)}) {
      process.stderr.write('page ' + name + '\\n');
      await sightline([name, '--help']);
    }`;
  const { stderr } = spawnSync(
    process.execPath,
    [
      '--conditions=@sightline/source',
      '--import',
      `data:text/javascript,${encodeURIComponent(hook)}`,
      '--input-type=module',
      '--eval',
      code,
    ],
    { encoding: 'utf8' },
  );
  const pages = stderr.split('page ').slice(1);
  return new Map(
    pages.map((page) => {
      const [name = '', ...lines] = page.split('\n');
      return [name, lines.flatMap((line) => line.match(/^loaded (.*)/)?.[1] ?? [])];
    }),
  );
}

test('no usage page loads an engine or an image decoder, nor another command', () => {
  const pages = loaded();
  expect([...pages.keys()]).toEqual(['--help', ...names]);
  expect(pages.get('--help')!.length).toBeGreaterThan(3);
  for (const [name, modules] of pages) {
    expect(
      modules.filter((url) =>
        /tfjs|onnxruntime-node|napi-rs|linkedom|\/packages\/(?!sightline|core|image|models\/src\/(backbones|evaluate\/views|experiment|engine\/select|networks\/index|train\/settings)|ort\/src\/provider)/.test(
          url,
        ),
      ),
      name,
    ).toEqual([]);
    const commands = modules.filter((url) => url.includes('/cli/commands/'));
    expect(commands, name).toHaveLength(name === '--help' ? 0 : 1);
  }
});

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
