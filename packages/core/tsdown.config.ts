import { build } from '../../tsdown.base.ts';

export default build(['src/index.ts', 'src/files.ts', 'src/process.ts', 'src/schema.ts', 'src/thread.ts'], {
  platform: 'neutral',
});
