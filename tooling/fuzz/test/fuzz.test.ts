import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { campaign } from '../src/campaign.ts';
import { mutate, randomFrom } from '../src/mutate.ts';

const folder = mkdtempSync(join(tmpdir(), 'fuzz-test-'));
afterAll(() => rmSync(folder, { recursive: true }));

const run = (name: string, seconds: number) =>
  campaign({
    name,
    module: new URL(`parsers/${name}.fuzz.ts`, import.meta.url).href,
    // Of this seed the first process crashes and the second hangs: each one more would take seconds.
    ...{ seconds, seed: 11, folder, hangSeconds: 2, mostFaults: 4 },
  });

test('a seed gives the same damaged files again, and another seed others', () => {
  const corpus = [Buffer.from('{"size": 12, "name": "a"}'), Uint8Array.of(1, 2, 3, 4)];
  const files = (seed: number) => {
    const random = randomFrom(seed);
    return Array.from({ length: 300 }, () => mutate(corpus, random).toString('hex'));
  };
  expect(files(7)).toEqual(files(7));
  expect(files(7)).not.toEqual(files(8));
  // Most are damaged, in ways of their own, and the corpus is not.
  expect(new Set(files(7)).size).toBeGreaterThan(200);
  expect(corpus[1]).toEqual(Uint8Array.of(1, 2, 3, 4));
});

test('files that crash, stop, fill or confuse a parser are found and kept', async () => {
  const { faults } = await run('faulty', 600);
  // The first byte says what it does to this parser.
  const found = faults.map(({ kind, what, file }) => [kind, what, readFileSync(file)[0]! >> 4] as const);
  const first = (kind: string, what: RegExp) =>
    found.find((fault) => fault[0] === kind && what.test(fault[1]))?.[2];
  expect(first('error', /^RangeError: out of range at \d+ .*faulty\.fuzz\.ts/)).toBeOneOf([
    8, 9, 10, 11, 12, 13,
  ]);
  expect(first('error', /^it takes \d+ MB of memory$/)).toBe(12);
  expect(first('crash', /^the process ended \(SIGSEGV\)/)).toBe(14);
  expect(first('hang', /^no end after 2 s$/)).toBe(15);
});

test('a parser that holds has no faults', async () => {
  const { executions, kinds, faults } = await run('sound', 1);
  expect(faults).toEqual([]);
  expect(executions).toBeGreaterThan(100);
  expect(kinds).toBeGreaterThan(2);
});

test('a target that does not load is a fault, with its reason', async () => {
  const { executions, faults } = await run('unloadable', 1);
  expect(executions).toBe(0);
  expect(faults).toMatchObject([
    { kind: 'crash', what: expect.stringContaining('the table of formats is missing') },
  ]);
});
