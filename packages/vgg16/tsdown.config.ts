import { build } from '../../tsdown.base.ts';

// The worker is an entry of its own: a file that `new Worker` can be given (src/source/keras-thread.ts).
export default build({ index: 'src/index.ts', 'keras-worker': 'src/source/keras-worker.ts' });
