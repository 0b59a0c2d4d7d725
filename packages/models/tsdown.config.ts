import { build } from '../../tsdown.base.ts';

// The worker is an entry of its own: a file that `new Worker` can be given (src/save/hdf5-thread.ts).
export default build({
  index: 'src/index.ts',
  backbones: 'src/backbones.ts',
  engines: 'src/engine/select.ts',
  experiment: 'src/experiment/index.ts',
  'hdf5-worker': 'src/save/hdf5-worker.ts',
});
