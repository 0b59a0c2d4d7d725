import { expect, test } from 'vitest';
import { turboReader } from './turbo.ts';

const script = 'node src/data-task.ts';

// What turbo 2.11 writes with --json --output-logs=new-only.
const output = `
{"source":"turbo","level":"info","timestamp":1000,"text":"   • Remote caching disabled"}
{"source":"@sightline/car-or-other#data","level":"stdout","timestamp":2000,"text":"cache bypass, force executing abd393f175d4c42f"}
{"source":"@sightline/car-or-other#data","level":"stdout","timestamp":2100,"text":"$ "}
{"source":"@sightline/car-or-other#data","level":"stdout","timestamp":2200,"text":"${script}"}
{"source":"@sightline/car-or-other#features","level":"stdout","timestamp":2300,"text":"cache hit, suppressing logs 31e35c8d9b2d4a49"}
{"source":"@sightline/car-or-other#train:baseline","level":"stdout","timestamp":3000,"text":"cache miss, executing c25fe2896888d8a4"}
{"source":"@sightline/car-or-other#train:baseline","level":"stdout","timestamp":3100,"text":"$ ${script}"}
{"source":"@sightline/car-or-other#train:baseline","level":"stdout","timestamp":4000,"text":"baseline  1/15  1.098"}
{"source":"@sightline/car-or-other#train:baseline","level":"stdout","timestamp":4100,"text":""}
{"source":"@sightline/car-or-other#train:baseline","level":"stdout","timestamp":4200,"text":"There is an image that cannot be read: \\"a: b.jpg\\"."}
{"source":"@sightline/car-or-other#train:baseline","level":"stdout","timestamp":5500,"text":"[ELIFECYCLE] Command failed with exit code 1."}
{"source":"turbo","level":"error","timestamp":5600,"text":"command (/x) pnpm run train:baseline exited (1)"}
 ERROR  run failed: command  exited (1)
`;

test("tasks' own lines are told from pnpm's and turbo's, and tasks that ran from cached ones", () => {
  const lines: string[] = [];
  const reader = turboReader((text) => lines.push(text), new Set(['', '$', script, `$ ${script}`]));
  for (const line of output.trim().split('\n')) reader.read(line);
  expect(lines).toEqual(['baseline  1/15  1.098', 'There is an image that cannot be read: "a: b.jpg".']);
  expect(reader.said()).toBe(2);
  expect(reader.seconds()).toEqual({ data: 0.2, 'train:baseline': 2.5 });
  expect(reader.remarks).toEqual([
    '   • Remote caching disabled',
    'command (/x) pnpm run train:baseline exited (1)',
    ' ERROR  run failed: command  exited (1)',
  ]);
});
