import { build } from '../../tsdown.base.ts';

// The worker is an entry of its own: a file that `new Worker` can be given (src/workers/pool-worker.ts).
export default build({
  index: 'src/index.ts',
  decode: 'src/decode/decode-image.ts',
  'worker-entry': 'src/worker-entry.ts',
});
