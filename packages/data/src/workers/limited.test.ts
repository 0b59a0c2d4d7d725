// A queue runs as much work at a time as it has room for, and goes on past work that failed.

import { expect, it } from 'vitest';
import { limitedTo } from './limited.ts';

function recorded(most: number) {
  const limited = limitedTo(most);
  const events: string[] = [];
  const work = (name: string, amount: number, fails = false) =>
    limited(amount, async () => {
      events.push(`${name} begins`);
      await new Promise((resolve) => setImmediate(resolve));
      events.push(`${name} ends`);
      if (fails) throw new Error(name);
      return name;
    });
  return { events, work };
}

it('begins each when the one before has ended, well or not, where there is room for one', async () => {
  const { events, work } = recorded(1);
  const results = await Promise.allSettled([work('first', 1), work('second', 1, true), work('third', 1)]);
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(events).toEqual(['first', 'second', 'third'].flatMap((name) => [`${name} begins`, `${name} ends`]));
});

it('has no more under way than there is room for, but what is larger than that alone, and nobody overtakes', async () => {
  const { events, work } = recorded(10);
  await Promise.all([work('a', 6), work('b', 4), work('huge', 30), work('c', 1), work('d', 9)]);
  const begun = events.filter((event) => event.endsWith('begins')).map((event) => event.split(' ')[0]);
  expect(begun).toEqual(['a', 'b', 'huge', 'c', 'd']);
  expect(events.slice(0, 2)).toEqual(['a begins', 'b begins']);
  const huge = events.indexOf('huge begins');
  expect(events.slice(0, huge).filter((event) => event.endsWith('ends'))).toHaveLength(2);
  expect(events.slice(huge, huge + 4)).toEqual(['huge begins', 'huge ends', 'c begins', 'd begins']);
});
