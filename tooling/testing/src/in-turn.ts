// A process of its own that runs one command line after the other: it starts and compiles once. See sightlineInTurn.

import type { Command } from './sightline.ts';

const [cli, commands] = process.argv.slice(2) as [string, string];
const { sightline } = (await import(cli)) as { sightline(args: readonly string[]): Promise<number> };
for (const { cwd, args, codes } of JSON.parse(commands) as Command[]) {
  process.chdir(cwd);
  const code = await sightline(args);
  if (!codes.includes(code)) throw new Error(`sightline ${args.join(' ')} ended with ${code}.`);
}
