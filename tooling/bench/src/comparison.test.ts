import { expect, test } from 'vitest';
import { type Contender, compare } from './comparison.ts';

/** A contender whose rounds take the given seconds, and which says when it was asked. */
function scripted(name: string, seconds: number[], log: string[]): Contender {
  let round = 0;
  return {
    name,
    time: async () => {
      log.push(name);
      return seconds[round++]!;
    },
  };
}

test('contenders take turns, and who begins changes', async () => {
  const log: string[] = [];
  const ours = scripted('ours', [9, 1, 1, 1], log);
  const peer = scripted('peer', [9, 2, 2, 2], log);
  await compare(ours, peer, { what: 'x', unit: 's', amount: 1, rounds: 3, warmUp: 1 });
  expect(log).toEqual(['ours', 'peer', 'ours', 'peer', 'peer', 'ours', 'ours', 'peer']);
});

test('the ratio is that of the rounds: a slow minute of the machine does not move it', async () => {
  // The whole machine is ten times slower in the second round.
  const ours = scripted('ours', [1, 10, 1], []);
  const peer = scripted('peer', [2, 20, 2], []);
  const result = await compare(ours, peer, {
    what: 'x',
    unit: 'images/s',
    amount: 100,
    rounds: 3,
    warmUp: 0,
  });
  expect(result.ratio).toEqual({ median: 2, min: 2, max: 2, spread: 0 });
  expect(result.ours.median).toBe(100);
  expect(result.peer.median).toBe(50);
});
