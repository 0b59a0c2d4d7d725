/**
 * Installing the packages, where what is installed isn't what the lockfile and the packages' own files ask for. A
 * stamp in `node_modules` holds the hash of what was last installed from.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from './jobs.mjs';
import { SetupError, saysNoNetwork } from './setup-error.mjs';
import { withToolchain } from './toolchain.mjs';

const stamp = join(root, 'node_modules/.cache/sightline/installed');

/** Runs `pnpm install --frozen-lockfile` if it would change anything. */
export function installPackages(toolchain) {
  const asked = hashOfManifests();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === asked) return;

  console.error('Installing packages ...');
  const result = spawnSync(toolchain.pnpm, ['install', '--frozen-lockfile', '--reporter=append-only'], {
    cwd: root,
    encoding: 'utf8',
    env: { ...withToolchain(toolchain), CI: '1' },
    shell: process.platform === 'win32',
    maxBuffer: 1 << 28,
  });
  if (result.status !== 0) {
    const output = `${result.stdout ?? ''}${result.stderr ?? ''}${result.error?.message ?? ''}`;
    if (saysNoNetwork(output)) {
      throw new SetupError(
        'The packages could not be installed, because the npm registry could not be reached: connect to the network and run again.',
      );
    }
    const reason = output.split('\n').find((line) => /ERR|error/i.test(line)) ?? output.trim();
    throw new SetupError(`The packages could not be installed: ${reason.trim()}`);
  }
  mkdirSync(dirname(stamp), { recursive: true });
  writeFileSync(stamp, asked);
}

function hashOfManifests() {
  const hash = createHash('sha256').update(`${process.platform} ${process.arch}\n`);
  for (const path of ['package.json', 'pnpm-lock.yaml', 'pnpm-workspace.yaml', ...manifests()]) {
    hash.update(`${path}\n`).update(readFileSync(join(root, path)));
  }
  return hash.digest('hex');
}

/** The package.json files of the workspace. */
function manifests() {
  return ['packages', 'apps', 'tooling'].flatMap((folder) =>
    readdirSync(join(root, folder))
      .sort()
      .map((name) => `${folder}/${name}/package.json`)
      .filter((path) => existsSync(join(root, path))),
  );
}
