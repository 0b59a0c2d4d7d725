#!/usr/bin/env node
/** The program `sightline`. Nothing is imported before Node is known to be new enough for it. */

const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
if (major > 22 || (major === 22 && minor >= 12)) {
  await keepCompiled();
  const [{ sightline }, { endWithParent }] = await Promise.all([
    import('./cli/sightline.ts'),
    import('./cli/signal.ts'),
  ]);
  endWithParent();
  process.exitCode = await sightline(process.argv.slice(2));
} else {
  console.error(`Sightline needs Node 22.12 or later; this is Node ${process.versions.node}.`);
  process.exitCode = 1;
}

/** Compiled code is kept for the next call, which starts in half the time. */
async function keepCompiled(): Promise<void> {
  const [{ enableCompileCache }, { cacheFolder }, { join }] = await Promise.all([
    import('node:module'),
    import('@sightline/core/files'),
    import('node:path'),
  ]);
  enableCompileCache(join(cacheFolder(), 'compiled'));
}
