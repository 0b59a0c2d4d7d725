import { expect, test } from 'vitest';
import { turboReader } from './turbo.ts';

// What turbo 2.11 writes with --log-prefix=task --output-logs=new-only --no-color.
const output = `
   • turbo 2.11.11
   • Packages in scope: @sightline/car-or-other, @sightline/reports
   • Running train in 2 packages
   • Remote caching disabled

@sightline/car-or-other:data: cache bypass, force executing abd393f175d4c42f
@sightline/car-or-other:data: $ node --conditions=@sightline/source src/data-task.ts
@sightline/car-or-other:features: cache hit, suppressing logs 31e35c8d9b2d4a49
@sightline/car-or-other:train:baseline: cache miss, executing c25fe2896888d8a4
@sightline/car-or-other:train:baseline: $ node --conditions=@sightline/source ../../packages/sightline/src/main.ts train
@sightline/car-or-other:train:baseline: baseline  epoch  1/15  loss 1.098
@sightline/car-or-other:train:baseline: 
@sightline/car-or-other:train:baseline: In data an image cannot be read: "a: b.jpg".
@sightline/car-or-other:train:baseline: [ELIFECYCLE] Command failed with exit code 1.
@sightline/car-or-other:train:baseline: ERROR: command finished with error: command (/x/apps/car-or-other) pnpm run train:baseline exited (1)
 Tasks:    1 successful, 3 total
`;

test("tasks' own lines are told from pnpm's and turbo's", () => {
  const lines: [string, string][] = [];
  let time = 0;
  const reader = turboReader(
    (task, text) => lines.push([task, text]),
    () => (time += 500),
  );
  for (const line of output.split('\n')) reader.read(line);
  expect(lines).toEqual([
    ['train:baseline', 'baseline  epoch  1/15  loss 1.098'],
    ['train:baseline', 'In data an image cannot be read: "a: b.jpg".'],
  ]);
  const { cached, ran, seconds } = reader.tasks();
  expect(cached).toEqual(['features']);
  expect(ran).toEqual(['data', 'train:baseline']);
  expect(seconds['train:baseline']).toBeGreaterThan(seconds.data ?? 0);
  expect(reader.remarks).toContain('   • Remote caching disabled');
});
