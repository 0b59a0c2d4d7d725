/**
 * `node tooling/bootstrap/run.mjs JOB [ARGS]`: what every root script runs. It needs nothing but Node 20 and npm: it
 * finds or fetches the toolchain (Node and pnpm), installs the packages where that is needed, and then runs the job
 * with its arguments as they came. Exit codes and signals pass through.
 */
import { spawn } from 'node:child_process';
import { jobs } from './jobs.mjs';
import { installPackages } from './packages.mjs';
import { SetupError } from './setup-error.mjs';
import { findToolchain, withToolchain } from './toolchain.mjs';

const [name, ...args] = process.argv.slice(2);

try {
  const job = jobs[name ?? ''];
  if (!job) {
    const known = Object.keys(jobs).join(', ');
    throw new SetupError(`There is no job ${name ?? '(none was named)'}. Expected one of ${known}.`);
  }
  const toolchain = findToolchain();
  installPackages(toolchain);
  runToEnd(toolchain, job(args), name);
} catch (error) {
  if (!(error instanceof SetupError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}

/** Runs Node 24 with `args` in the place of this process, as far as the terminal and the caller can tell. */
function runToEnd(toolchain, { args, cwd }, name) {
  const child = spawn(toolchain.node, args, { cwd, stdio: 'inherit', env: withToolchain(toolchain) });
  // A terminal sends Ctrl-C to the child as well, but `kill -INT` reaches this process alone: it is passed on. Our own
  // programs take both for one; vitest would take them for two, and end at once.
  process.on('SIGINT', () => (name === 'test' && process.stdin.isTTY) || child.kill('SIGINT'));
  process.on('SIGTERM', () => child.kill('SIGTERM'));
  process.on('SIGHUP', () => child.kill('SIGHUP'));
  // A signal to npm itself reaches no further than the shell between npm and this process.
  const parent = process.ppid;
  const watch = setInterval(() => process.ppid !== parent && child.kill('SIGTERM'), 500);
  child.on('error', (error) => {
    console.error(`Could not start ${toolchain.node}: ${error.message}.`);
    process.exitCode = 1;
  });
  child.on('exit', (code, signal) => {
    clearInterval(watch);
    if (!signal) {
      process.exitCode = code ?? 1;
      return;
    }
    process.removeAllListeners(signal);
    process.kill(process.pid, signal);
  });
}
