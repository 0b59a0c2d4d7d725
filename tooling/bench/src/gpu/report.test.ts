import { expect, it } from 'vitest';
import { type Candidate, type GpuReport, type Measurement, passes, renderReport } from './report.ts';

const step: Measurement = {
  what: 'baseline, training step',
  batch: 128,
  difference: 3.2e-6,
  tolerance: 2e-3,
  rate: 41234,
  ratio: 12.345,
  nodes: { cuda: 61, cpu: 2 },
  strays: ['MemcpyToHost', 'Mod'],
};

const card: Candidate = {
  engine: 'onnxruntime',
  provider: 'cuda',
  device: 'NVIDIA H200',
  measurements: [step],
  failures: [],
};

const report = (...candidates: Candidate[]): GpuReport => ({
  date: '2026-11-30T08:00:00.000Z',
  command: 'npm run gpu --',
  machine: { cpu: 'A processor', cores: 16, memoryGiB: 128, platform: 'linux x64', load: 0.1 },
  software: { node: '24.21.0', onnxruntime: '1.30.0' },
  candidates,
});

it('names the card, and says of each measurement whether it equals cpu', () => {
  const webgpu: Candidate = {
    engine: 'webgpu',
    missing: 'no GPU was found.',
    measurements: [],
    failures: [],
  };
  expect(renderReport(report(card, webgpu))).toBe(`# NVIDIA H200

2026-11-30T08:00:00.000Z, \`npm run gpu --\`. A processor, 16 cores, 128 GiB, linux x64. node 24.21.0, onnxruntime 1.30.0.

## onnxruntime on cuda: NVIDIA H200

|                         | batch | from cpu | verdict | images/s | times cpu |                              nodes |
|-------------------------|------:|---------:|--------:|---------:|----------:|-----------------------------------:|
| baseline, training step |   128 |   3.2e-6 |   equal |   41,200 |     12.35 | 61 cuda, 2 cpu (MemcpyToHost, Mod) |

## What does not load here

- webgpu: no GPU was found.
`);
});

it('passes where all equals cpu, and something that does not load is no failure', () => {
  expect(passes(report(card, { ...card, device: undefined as never, missing: 'it', measurements: [] }))).toBe(
    true,
  );
});

it.each([
  [
    'a loss that differs',
    { ...card, measurements: [{ ...step, difference: 0.01 }] },
    /DIFFERS by more than 0.002/,
  ],
  [
    'a loss that is no number',
    { ...card, measurements: [{ ...step, difference: Infinity }] },
    /Infinity \| DIFFERS/,
  ],
  [
    'something that fails',
    { ...card, failures: ['vgg16, training step: out of memory'] },
    /FAILED vgg16, training/,
  ],
])('fails for %s', (_, candidate, said) => {
  expect(passes(report(candidate))).toBe(false);
  expect(renderReport(report(candidate))).toMatch(said);
});
