import { build } from '../../tsdown.base.ts';

export default build({ index: 'src/index.ts', main: 'src/main.ts', 'cli/index': 'src/cli/index.ts' });
