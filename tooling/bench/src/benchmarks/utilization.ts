// How much of its time the training thread trains, with the whole pipeline before it: the baseline's compiled step on
// images that worker threads augment. The rest is waiting for batches and the event loop's turns between steps.

import { join } from 'node:path';
import { carOrOther } from '@sightline/peers';
import type { Benchmark } from '../benchmark.ts';
import { startChild } from '../child.ts';
import { places } from '../places.ts';
import { median, summary } from '../statistics.ts';
import { figure } from '../table.ts';

interface Answer {
  readonly steps: number;
  readonly step: number;
  readonly wait: number;
  readonly turn: number;
}

const TARGET = 0.95;
/** About a second of training. */
const EPOCHS = 8;
const SOURCES = { plain: 'as they are', augmented: 'flipped and rotated by 20 degrees' } as const;

export const utilization: Benchmark = {
  title: 'how much of its time the training thread trains',
  async run({ data, rounds = 7 }) {
    const folder = data ?? (await carOrOther());
    const ours = await startChild('ours', process.execPath, [
      ...process.execArgv,
      join(places.bench, 'src/contenders/utilization.ts'),
      folder,
    ]);
    const measurements = [];
    try {
      for (const [source, what] of Object.entries(SOURCES)) {
        const answers: Answer[] = [];
        for (let round = -1; round < rounds; round++) {
          const answer = await ours.ask<Answer>({ source, epochs: EPOCHS });
          if (round >= 0) answers.push(answer);
        }
        const share = summary(answers.map(({ step, wait, turn }) => step / (step + wait + turn)));
        const milliseconds = (part: 'step' | 'wait' | 'turn') =>
          median(answers.map((answer) => (answer[part] / answer.steps) * 1000));
        const ms = { step: milliseconds('step'), wait: milliseconds('wait'), turn: milliseconds('turn') };
        measurements.push({ what, utilization: share, msOfAStep: ms, target: TARGET, rounds });
      }
    } finally {
      ours.close();
    }
    return {
      table: {
        columns: ['images', 'training', 'least', 'step ms', 'waiting ms', 'turn ms', 'to reach'],
        rows: measurements.map(({ what, utilization: { median, min }, msOfAStep: { step, wait, turn } }) => [
          what,
          `${(median * 100).toFixed(1)}%`,
          `${(min * 100).toFixed(1)}%`,
          ...[step, wait, turn].map(figure),
          `${TARGET * 100}% ${median >= TARGET ? 'reached' : 'MISSED'}`,
        ]),
      },
      measurements,
      software: {},
      notes: [
        `Batches of 128, ${EPOCHS} epochs a round; the ends of epochs are counted. The step is of the training thread, whatever the`,
        "worker threads take from it on a machine of few cores: 'step ms' of both rows shows how much that is.",
      ],
    };
  },
};
