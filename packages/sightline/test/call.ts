/** Calls the command line in this process and catches what it writes. */
import { vi } from 'vitest';
import { sightline } from '../src/cli/sightline.ts';

export interface Answer {
  code: number;
  stdout: string;
  stderr: string;
}

export async function call(...args: string[]): Promise<Answer> {
  const caught = { stdout: '', stderr: '' };
  const catching = (stream: 'stdout' | 'stderr') =>
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      caught[stream] += text;
      return true;
    });
  const log = vi.spyOn(console, 'log').mockImplementation((text) => {
    caught.stdout += `${text}\n`;
  });
  const error = vi.spyOn(console, 'error').mockImplementation((text) => {
    caught.stderr += `${text}\n`;
  });
  const spies = [catching('stdout'), catching('stderr'), log, error];
  try {
    return { code: await sightline(args), ...caught };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}
