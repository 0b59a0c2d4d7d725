/** The entry `./node`, for `import` and `require`, in JavaScript and TypeScript alike. */

import * as tf from '#tfjs';

export * from './index.ts';

/**
 * What `require` gives, which would otherwise be the CommonJS module behind `export *`. By a name that stays one in the
 * build: of a namespace that is bundled, TypeScript finds no more than this package's own names.
 */
export { tf as 'module.exports' };
