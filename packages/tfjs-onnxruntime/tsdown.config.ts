import { build } from '../../tsdown.base.ts';

// The worker is an entry of its own: a file that `new Worker` can be given (src/node/decode-sync.ts).
export default build({
  index: 'src/index.ts',
  node: 'src/node/index.ts',
  'cpu-kernel': 'src/backend/cpu-kernel.ts',
  'decode-worker': 'src/node/decode-worker.ts',
});
