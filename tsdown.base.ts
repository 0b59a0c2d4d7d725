// How every published package is built: ES modules with types and source maps.
import type { UserConfig } from 'tsdown';

/** What differs from package to package. */
type Own = Pick<UserConfig, 'platform' | 'outDir' | 'clean' | 'deps' | 'outputOptions'>;

/** @param entry source files, by the name of what is built from each where that is not the file's own */
export const build = (entry: string[] | Record<string, string>, own: Own = {}): UserConfig => ({
  entry,
  dts: true,
  sourcemap: true,
  platform: 'node',
  fixedExtension: false,
  ...own,
});
