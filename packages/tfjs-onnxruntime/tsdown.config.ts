import { build } from '../../tsdown.base.ts';

// The worker is an entry of its own: a file that `new Worker` can be given (src/node/decode-sync.ts). So is `tfjs`, which
// the package imports by that name (src/node/entry.ts).
export default build(
  {
    index: 'src/index.ts',
    node: 'src/node/entry.ts',
    tfjs: 'src/node/index.ts',
    'cpu-kernel': 'src/backend/cpu-kernel.ts',
    'decode-worker': 'src/node/decode-worker.ts',
  },
  { deps: { neverBundle: ['#tfjs'] } },
);
