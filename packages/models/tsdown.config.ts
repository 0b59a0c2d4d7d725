import { build } from '../../tsdown.base.ts';

// The workers are entries of their own: files that `new Worker` can be given.
export default build({
  index: 'src/index.ts',
  backbones: 'src/backbones.ts',
  engines: 'src/engine/select.ts',
  experiment: 'src/experiment/index.ts',
  'feature-map-worker': 'src/inspect/feature-map-worker.ts',
  'hdf5-worker': 'src/save/hdf5-worker.ts',
});
