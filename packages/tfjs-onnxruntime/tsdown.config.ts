import { build } from '../../tsdown.base.ts';

// The worker is an entry of its own: a file that `new Worker` can be given (src/node/decode-sync.ts). So is `tfjs`, by
// whose name src/node/entry.ts imports it; what is built names the file, as older TypeScript knows no such names.
export default build(
  {
    index: 'src/index.ts',
    node: 'src/node/entry.ts',
    tfjs: 'src/node/index.ts',
    'cpu-kernel': 'src/backend/cpu-kernel.ts',
    'decode-worker': 'src/node/decode-worker.ts',
  },
  { deps: { neverBundle: ['#tfjs'] }, outputOptions: { paths: { '#tfjs': './tfjs.js' } } },
);
