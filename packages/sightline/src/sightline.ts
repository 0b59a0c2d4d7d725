/** The `sightline` command: its subcommands, and what happens when one of them fails. */
import { SightlineError } from '@sightline/core';
import { type CommandDef, defineCommand, renderUsage, runCommand } from 'citty';
import { reportFailure } from './terminal/failure.ts';

/** Loaded when called: one command must not wait for what another needs. */
const commands = {
  train: () => import('./command/train.ts').then((module) => module.train),
  rate: () => import('./command/rate.ts').then((module) => module.rate),
  check: () => import('./command/check.ts').then((module) => module.check),
  samples: () => import('./command/samples.ts').then((module) => module.samples),
  features: () => import('./command/features.ts').then((module) => module.features),
  classify: () => import('./command/classify.ts').then((module) => module.classify),
  summary: () => import('./command/summary.ts').then((module) => module.summary),
  predict: () => import('./command/predict.ts').then((module) => module.predict),
  evaluate: () => import('./command/evaluate.ts').then((module) => module.evaluate),
  export: () => import('./command/export.ts').then((module) => module.exportModel),
  compare: () => import('./command/compare.ts').then((module) => module.compare),
  report: () => import('./command/report.ts').then((module) => module.report),
} as const;

const root = defineCommand({
  meta: { name: 'sightline', description: 'Train, classify, evaluate and report on folders of images' },
  subCommands: commands as unknown as Record<string, () => Promise<CommandDef>>,
});

/**
 * Runs a command line, `['train', '--seed', '1']`, and writes to standard output and error.
 *
 * @returns the exit code: 0, 1 where the work failed, 2 where the command line can't be understood, 130 after Ctrl-C
 */
export async function sightline(rawArgs: readonly string[]): Promise<number> {
  try {
    return await dispatch(rawArgs);
  } catch (error) {
    const isDebug = rawArgs.includes('--debug');
    if (rawArgs.includes('--json')) writeJsonError(error);
    return reportFailure(error, { isDebug });
  }
}

async function dispatch(rawArgs: readonly string[]): Promise<number> {
  const [name, ...args] = rawArgs;
  if (name === undefined || name === '--help' || name === '-h' || name === 'help') {
    console.log(await renderUsage(root));
    return name === undefined ? 2 : 0;
  }
  if (!Object.hasOwn(commands, name)) {
    const known = Object.keys(commands).join(', ');
    throw new SightlineError('usage', `There is no command "${name}". Expected one of ${known}.`);
  }
  const command = (await commands[name as keyof typeof commands]()) as unknown as CommandDef;
  if (args.includes('--help') || args.includes('-h')) {
    console.log(await renderUsage(command, root));
    return 0;
  }
  refuseUnknownOptions(name, command, args);
  const { result } = await runCommand(command, { rawArgs: args });
  return typeof result === 'number' ? result : 0;
}

/** citty takes any option; one that is misspelt must not be passed over in silence. */
function refuseUnknownOptions(name: string, command: CommandDef, args: readonly string[]): void {
  const options = Object.entries(command.args ?? {}).filter(([, { type }]) => type !== 'positional');
  const known = options.map(([option]) => `--${option}`);
  const valued = new Set(
    options.filter(([, { type }]) => type !== 'boolean').map(([option]) => `--${option}`),
  );
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? '';
    if (arg === '--') return;
    if (!arg.startsWith('-') || arg === '-') continue;
    const option = arg.split('=', 1)[0] ?? '';
    if (!known.includes(option)) {
      throw new SightlineError(
        'usage',
        `sightline ${name} has no option ${option}. It has ${known.join(', ')}.`,
      );
    }
    if (!valued.has(option) || arg.includes('=')) continue;
    i++;
    if (args[i] === undefined || args[i]?.startsWith('--')) {
      throw new SightlineError('usage', `${option} needs a value after it.`);
    }
  }
}

function writeJsonError(error: unknown): void {
  const { code = 'unexpected', message } = error as { code?: string; message?: string };
  console.log(JSON.stringify({ error: { code, message: message ?? String(error) } }, null, 2));
}
