import { build } from '../../tsdown.base.ts';

export default build(['src/index.ts']);
