import { build } from '../../tsdown.base.ts';

// Into lib: dist is the site.
export default build(['src/index.ts', 'src/live-process.ts'], { outDir: 'lib' });
