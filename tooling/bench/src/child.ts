// A contender in a process of its own that answers requests: a line of JSON in, a line of JSON out. Its first line
// says that it is ready and what software it runs. Ours and the Python peers speak the same.

import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { SightlineError } from '@sightline/core';

export interface Child {
  readonly name: string;
  readonly software: Record<string, string>;
  ask<T>(request: object): Promise<T>;
  close(): void;
}

/** Starts the program and waits until it is ready. Throws SightlineError with the end of what it said on stderr. */
export async function startChild(
  name: string,
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = process.env,
): Promise<Child> {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'], env });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-4000);
  });
  const ended = new Promise<string>((resolve) => {
    child.on('error', (error) => resolve(error.message));
    child.on('close', (code, signal) => resolve(`it ended with ${signal ?? `exit code ${code}`}`));
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const answer = async <T>(): Promise<T> => {
    const { value, done } = await lines.next();
    if (done) throw new SightlineError('program', `${name} gave no answer: ${await ended}.\n${said.trim()}`);
    return JSON.parse(value) as T;
  };
  const { software } = await answer<{ software: Record<string, string> }>();
  return {
    name,
    software,
    ask: (request) => {
      child.stdin.write(`${JSON.stringify(request)}\n`);
      return answer();
    },
    close: () => child.stdin.end(),
  };
}

/** The other side: answers each line of stdin, until it ends. */
export async function serve(
  software: Record<string, string>,
  answer: (request: Record<string, unknown>) => Promise<object>,
): Promise<void> {
  const write = (reply: object) => process.stdout.write(`${JSON.stringify(reply)}\n`);
  write({ ready: true, software });
  for await (const line of createInterface({ input: process.stdin })) {
    write(await answer(JSON.parse(line) as Record<string, unknown>));
  }
}
