/** The `sightline` command: finds the command that is named, and runs it. */

import { nearest, SightlineError } from '@sightline/core';
import { COMMANDS, type CommandEntry } from './commands.ts';
import { type Output, openOutput } from './output.ts';
import { reportFailure, runCommand } from './run-command.ts';
import { type Example, examplesSection, section } from './section.ts';

/**
 * Runs a command line, `['train', 'photos', '--seed', '1']`, and writes to standard output and error.
 *
 * @returns the exit code: 0, 1 where the work failed, 2 where the command line can't be understood, 130 after Ctrl-C
 */
export async function sightline(args: readonly string[]): Promise<number> {
  const [word, ...rest] = args;
  const output = openOutput({ isJson: args.includes('--json') });
  if (word === undefined || word === '--help' || word === '-h' || word === 'help') {
    return help(output, rest[0], word === undefined ? 2 : 0);
  }
  if (word === '--version' || word === '-v') {
    const { versions } = await import('./version.ts');
    const found = versions();
    output.result(
      found,
      Object.entries(found)
        .map(([name, version]) => `${name} ${version}`)
        .join('\n'),
    );
    return 0;
  }
  const entry = find(word);
  if (!entry) return reportFailure(unknownCommand(word), output, args.includes('--debug'));
  const { command } = await entry.load();
  return runCommand({ name: `sightline ${entry.name}`, summary: entry.summary, command }, rest);
}

const EXAMPLES: readonly Example[] = [
  { command: 'sightline train photos', does: 'Train on photos/<class>/*' },
  { command: 'sightline predict runs/transfer new.jpg', does: 'Classify an image' },
  { command: 'sightline report runs --serve', does: 'Look at the results' },
];

const find = (word: string): CommandEntry | undefined =>
  COMMANDS.find(({ name, aliases }) => name === word || aliases?.includes(word));

function unknownCommand(word: string): SightlineError {
  const names = COMMANDS.map(({ name }) => name);
  const close = nearest(word, names);
  const remedy = close ? `Did you mean ${close}?` : `The commands are ${names.join(', ')}.`;
  return new SightlineError('usage', `There is no command "${word}". ${remedy}`);
}

async function help(output: Output, word: string | undefined, code: number): Promise<number> {
  const entry = word === undefined ? undefined : find(word);
  if (entry) return sightline([entry.name, '--help']);
  const rows = COMMANDS.map(({ name, summary }) => [name, summary] as const);
  output.text(
    [
      'Train image classifiers on folders of images, look at the results, and use them.',
      'Usage:\n  sightline COMMAND [arguments] [options]',
      section('Commands', rows),
      examplesSection('Examples', EXAMPLES),
      'sightline COMMAND --help shows the options of a command, --version the versions.',
    ].join('\n\n'),
  );
  return code;
}
