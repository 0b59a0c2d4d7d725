/** The usage page of a command. */

import { dashed, wrapped } from '../config/words.ts';
import { commonOptions, type NamedCommand } from './command.ts';
import { defaultOf, type Option, type Options } from './option.ts';
import { examplesSection, section, WIDTH } from './section.ts';

/** `sightline COMMAND --help`. */
export function usagePage({ name, summary, command }: NamedCommand): string {
  const { usage, arguments: about = {}, options, examples } = command;
  const sections = [
    `${summary}.`,
    `Usage:\n  ${[name, usage, '[options]'].filter((part) => part !== '').join(' ')}`,
    section('Arguments', Object.entries(about)),
    section('Options', optionRows(options)),
    variablesText(options),
    section('Options of every command', optionRows(commonOptions)),
    examplesSection('Examples', examples),
  ];
  return sections.filter((part) => part !== '').join('\n\n');
}

function optionRows(options: Options): (readonly [string, string])[] {
  return Object.entries(options).map(([name, option]) => [termOf(name, option), sentencesOf(option)]);
}

/** `--batch-size N` */
export const termOf = (name: string, { hint }: Option) => (hint ? `${dashed(name)} ${hint}` : dashed(name));

/** Which options the environment may give. */
function variablesText(options: Options): string {
  const named = Object.entries(options).filter(([, { variable }]) => variable !== undefined);
  const [name, { variable } = { variable: '' }] = named.at(-1) ?? [''];
  if (name === '') return '';
  const list = named.map(([each]) => dashed(each).slice(2)).join(', ');
  const text = `Environment variables stand in for ${list}, such as ${variable} for ${dashed(name)}.`;
  return wrapped(text, WIDTH).join('\n');
}

/** `Images per step. Default: 32.` */
export function sentencesOf(option: Option): string {
  const value = defaultOf(option);
  const parts = [`${option.description}.`];
  if (!option.schema.safeParse(undefined).success) parts.push('Required.');
  if (value !== '') parts.push(`Default: ${value}.`);
  return parts.join(' ');
}
