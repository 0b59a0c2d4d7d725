import { build } from '../../tsdown.base.ts';

// Entries of their own: the file that a process is started with (src/untrusted/open.ts), and that of its thread.
export default build({
  index: 'src/index.ts',
  providers: 'src/provider.ts',
  'untrusted-child': 'src/untrusted/child.ts',
  'untrusted-watch': 'src/untrusted/watch.ts',
});
