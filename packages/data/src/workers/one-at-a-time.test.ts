// A queue runs one piece of work at a time, and goes on past one that failed.

import { expect, it } from 'vitest';
import { oneAtATime } from './one-at-a-time.ts';

it('begins each when the one before has ended, well or not', async () => {
  const alone = oneAtATime();
  const events: string[] = [];
  const work = (name: string, fails = false) =>
    alone(async () => {
      events.push(`${name} begins`);
      await new Promise((resolve) => setImmediate(resolve));
      events.push(`${name} ends`);
      if (fails) throw new Error(name);
      return name;
    });
  const results = await Promise.allSettled([work('first'), work('second', true), work('third')]);
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(events).toEqual(['first', 'second', 'third'].flatMap((name) => [`${name} begins`, `${name} ends`]));
});
