import { build } from '../../tsdown.base.ts';

// The child is an entry of its own: a file that a process can be started with (src/untrusted/open.ts).
export default build({
  index: 'src/index.ts',
  providers: 'src/provider.ts',
  'untrusted-child': 'src/untrusted/child.ts',
});
