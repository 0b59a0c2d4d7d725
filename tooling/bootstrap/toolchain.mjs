/**
 * The toolchain: a Node of version 22.12 or later and pnpm 12. The machine's own are used where they are new enough;
 * else npm fetches both into its own cache, once. Where they were found is remembered, because asking npm takes a
 * second and the memory takes none.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { root } from './jobs.mjs';
import { SetupError, saysNoNetwork } from './setup-error.mjs';

const wanted = { node: 'node@24', pnpm: 'pnpm@12' };
const memory = join(root, 'node_modules/.cache/sightline/toolchain.json');

/** Absolute paths of the two programs: `{ node, pnpm }`. */
export function findToolchain() {
  const own = { node: isNewNode(process.versions.node) ? process.execPath : undefined, pnpm: ownPnpm() };
  if (own.node && own.pnpm) return own;
  const remembered = recall();
  if (remembered) return remembered;
  const fetched = fetchToolchain();
  const toolchain = { node: own.node ?? fetched.node, pnpm: fetched.pnpm };
  mkdirSync(dirname(memory), { recursive: true });
  writeFileSync(memory, JSON.stringify(toolchain));
  return toolchain;
}

/** This process' environment, in which `node` and `pnpm` are those of the toolchain. */
export function withToolchain({ node, pnpm }) {
  const key = Object.keys(process.env).find((name) => name.toUpperCase() === 'PATH') ?? 'PATH';
  const path = [dirname(node), dirname(pnpm), process.env[key]].join(delimiter);
  // Compiling the sources and the libraries is a fifth of a second of each process.
  const compiled = join(root, 'node_modules/.cache/sightline/compiled');
  return { NODE_COMPILE_CACHE: compiled, ...process.env, [key]: path };
}

function isNewNode(version) {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  return major > 22 || (major === 22 && minor >= 12);
}

function recall() {
  try {
    const toolchain = JSON.parse(readFileSync(memory, 'utf8'));
    for (const path of [toolchain.node, toolchain.pnpm]) accessSync(path, constants.X_OK);
    return toolchain;
  } catch {
    return undefined;
  }
}

/** The machine's pnpm where it is of the right version. */
function ownPnpm() {
  const path = onPath('pnpm');
  if (!path) return undefined;
  const { stdout } = spawnSync(path, ['--version'], {
    encoding: 'utf8',
    shell: process.platform === 'win32',
  });
  return stdout?.startsWith('12.') ? path : undefined;
}

export function onPath(program) {
  const names = process.platform === 'win32' ? [`${program}.exe`, `${program}.cmd`] : [program];
  const folders = (process.env.PATH ?? process.env.Path ?? '').split(delimiter);
  return folders
    .flatMap((folder) => names.map((name) => join(folder, name)))
    .find((path) => {
      try {
        accessSync(path, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** Has npm fetch both, and asks a script that runs under them where they are. */
function fetchToolchain() {
  console.error(`Fetching ${wanted.node} and ${wanted.pnpm} by npm, once ...`);
  const where = fileURLToPath(new URL('./where.mjs', import.meta.url));
  const packages = Object.values(wanted).map((name) => `--package=${name}`);
  // npm tells its scripts where it is itself; called otherwise, it must be on the path.
  const npm = process.env.npm_execpath;
  const [command, before] = npm?.endsWith('.js') ? [process.execPath, [npm]] : ['npm', []];
  const args = [...before, 'exec', '--yes', ...packages, '-c', `node "${where}"`];
  const shell = command === 'npm' && process.platform === 'win32';
  const env = {
    ...process.env,
    // npm's own patience with a dead network is minutes.
    npm_config_fetch_retries: '1',
    npm_config_fetch_retry_mintimeout: '1000',
    // Under `npm run -s` npm would not say why.
    npm_config_loglevel: 'error',
  };
  const result = spawnSync(command, args, { cwd: root, encoding: 'utf8', env, shell });
  if (result.status === 0) return JSON.parse(result.stdout.trim().split('\n').at(-1) ?? '');
  const output = `${result.stderr}${result.error?.message ?? ''}`;
  const what = `Sightline needs Node 22.12 or later and pnpm 12; this is Node ${process.versions.node}`;
  if (saysNoNetwork(output)) {
    throw new SetupError(
      `${what}, and npm could not reach its registry to fetch them: connect to the network and run again.`,
    );
  }
  const reason = output.split('\n').find((line) => /npm error (?!code)/.test(line)) ?? output.trim();
  throw new SetupError(`${what}, and npm could not fetch them: ${reason.replace('npm error ', '')}`);
}
