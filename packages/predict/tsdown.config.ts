import { build } from '../../tsdown.base.ts';

export default [build(['src/node.ts']), build(['src/browser.ts'], { platform: 'browser', clean: false })];
