/**
 * The root scripts on a machine of their own: a copy of the bootstrap in an empty repository, with a pnpm that only
 * writes down how it was called, and a command line that says what it got.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const bootstrap = fileURLToPath(new URL('..', import.meta.url));

const signals = new URL('../../../packages/sightline/src/cli/signal.ts', import.meta.url).href;

const commandLine = `
const [word, ...rest] = process.argv.slice(2);
if (word === 'exit') process.exit(Number(rest[0]));
if (word === 'wait') {
  process.on('SIGINT', () => { console.log('interrupted'); process.exit(130); });
  setInterval(() => {}, 1000);
  console.log('waiting');
} else if (word === 'save') {
  // As a training does: it saves when it is told to stop, for longer than anybody waits.
  const { listenForInterrupt } = await import(${JSON.stringify(signals)});
  listenForInterrupt().signal.addEventListener('abort', () => console.log('saving'));
  setTimeout(() => {}, 60_000);
  console.log('waiting');
} else {
  console.log(JSON.stringify({ args: process.argv.slice(2), cwd: process.cwd(), node: process.execPath }));
}
`;

function machine() {
  const root = mkdtempSync(join(tmpdir(), 'sightline-bootstrap-'));
  const write = (path: string, text: string) => {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  cpSync(bootstrap, join(root, 'repo/tooling/bootstrap'), {
    recursive: true,
    filter: (path) => !/node_modules|[/\\]test$/.test(path),
  });
  write('repo/package.json', '{"type":"module"}');
  write('repo/pnpm-lock.yaml', 'lockfileVersion: 9');
  write('repo/pnpm-workspace.yaml', 'packages: []');
  write('repo/packages/sightline/package.json', '{"type":"module"}');
  write('repo/packages/sightline/src/main.ts', commandLine);
  mkdirSync(join(root, 'repo/apps'));
  mkdirSync(join(root, 'user'));
  pnpm('exit 0');
  return { root, write, pnpm, run, calls };

  /** A pnpm 12 that notes its arguments and then does what `body` says. */
  function pnpm(body: string) {
    const script = `#!/bin/sh
if [ "$1" = --version ]; then echo 12.3.4; exit 0; fi
echo "$@" >> "${root}/calls"
${body}
`;
    write('bin/pnpm', script);
    chmodSync(join(root, 'bin/pnpm'), 0o755);
  }

  function calls(): string[] {
    const path = join(root, 'calls');
    return existsSync(path) ? readFileSync(path, 'utf8').trim().split('\n') : [];
  }

  function run(args: string[], onStart?: (child: ChildProcess, text: () => string) => void) {
    // Node as it is here: tests run under one that is new enough.
    const path = [join(root, 'bin'), '/usr/bin', '/bin'].join(delimiter);
    const env = { PATH: path, INIT_CWD: join(root, 'user'), HOME: root };
    const main = join(root, 'repo/tooling/bootstrap/run.mjs');
    const child = spawn(process.execPath, [main, ...args], { cwd: join(root, 'repo'), env });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (part) => {
      stdout += part;
    });
    child.stderr.on('data', (part) => {
      stderr += part;
    });
    onStart?.(child, () => stdout);
    return new Promise<{ code: number | null; signal: string | null; stdout: string; stderr: string }>(
      (resolve) => child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr })),
    );
  }
}

test('arguments arrive as they were, in the folder where npm was called', async () => {
  const { root, run } = machine();
  const args = ['--out', 'a folder', 'it\'s "quoted"', '$HOME', '*', ''];
  const { code, stdout } = await run(['sightline', ...args]);
  expect(code).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({ args, cwd: join(root, 'user'), node: process.execPath });
});

test('exit codes pass through', async () => {
  expect(await machine().run(['sightline', 'exit', '42'])).toMatchObject({ code: 42, signal: null });
});

test('packages are installed once, and again when a lockfile or a manifest changes', async () => {
  const { run, calls, write } = machine();
  const first = await run(['sightline']);
  expect(first.stderr).toBe('Installing packages ...\n');
  expect(calls()).toEqual(['install --frozen-lockfile --reporter=append-only']);
  expect((await run(['sightline'])).stderr).toBe('');
  expect(calls()).toHaveLength(1);
  write('repo/pnpm-lock.yaml', 'lockfileVersion: 9 ');
  await run(['sightline']);
  expect(calls()).toHaveLength(2);
  write('repo/packages/sightline/package.json', '{"type":"module","version":"2.0.0"}');
  await run(['sightline']);
  expect(calls()).toHaveLength(3);
});

test('without a network the installation fails in one sentence, and is tried again', async () => {
  const { run, pnpm } = machine();
  pnpm('echo " ERR_PNPM_META_FETCH_FAIL  GET zod: getaddrinfo ENOTFOUND"; exit 1');
  const { code, stderr } = await run(['sightline']);
  expect(code).toBe(1);
  expect(stderr).toBe(
    'Installing packages ...\nThe packages could not be installed, because the npm registry could not be reached: connect to the network and run again.\n',
  );
  pnpm('exit 0');
  expect((await run(['sightline'])).code).toBe(0);
});

test('another failure of the installation is passed on', async () => {
  const { run, pnpm } = machine();
  pnpm('echo " ERR_PNPM_OUTDATED_LOCKFILE  pnpm-lock.yaml is not up to date"; exit 1');
  expect((await run(['sightline'])).stderr).toMatch(
    /could not be installed: ERR_PNPM_OUTDATED_LOCKFILE .*not up to date/,
  );
});

test('without pnpm and without a network the toolchain is missing, in one sentence', async () => {
  const { root, run } = machine();
  rmSync(join(root, 'bin/pnpm'));
  const { write } = { write: (text: string) => writeFileSync(join(root, 'bin/npm'), text, { mode: 0o755 }) };
  write(
    '#!/bin/sh\necho "npm error code ENOTFOUND" >&2\necho "npm error network request failed" >&2\nexit 1\n',
  );
  const { code, stderr } = await run(['sightline']);
  expect(code).toBe(1);
  expect(stderr).toMatch(
    /needs Node 22\.12 or later and pnpm 12; .*connect to the network and run again\.\n$/,
  );
});

test('an unknown job is named', async () => {
  const { code, stderr } = await machine().run(['trian']);
  expect(code).toBe(1);
  expect(stderr).toMatch(/There is no job trian\. Expected one of train, site, sightline/);
});

test('SIGINT reaches the program, whose exit code is kept', async () => {
  const { code, stdout } = await machine().run(['sightline', 'wait'], (child, text) => {
    const look = setInterval(() => {
      if (!text().includes('waiting')) return;
      clearInterval(look);
      child.kill('SIGINT');
    }, 20);
  });
  expect(stdout).toBe('waiting\ninterrupted\n');
  expect(code).toBe(130);
});

test.skipIf(process.platform === 'win32')(
  "a terminal's Ctrl-C reaches every process below npm, and is one: the program saves; the second ends all of them",
  async () => {
    const { root, write } = machine();
    write(
      'repo/package.json',
      '{"type":"module","scripts":{"sightline":"node tooling/bootstrap/run.mjs sightline"}}',
    );
    const path = [join(root, 'bin'), dirname(process.execPath), '/usr/bin', '/bin'].join(delimiter);
    // In a group of its own, like all that a shell starts: a terminal sends the key's signal to the whole group.
    const child = spawn('npm', ['run', '--silent', 'sightline', '--', 'save'], {
      cwd: join(root, 'repo'),
      env: { PATH: path, HOME: root },
      detached: true,
    });
    let stdout = '';
    child.stdout.on('data', (part) => {
      stdout += part;
    });
    const ended = new Promise((resolve) => child.on('close', resolve));
    const pressCtrlC = () => process.kill(-child.pid!, 'SIGINT');
    await expect.poll(() => stdout).toBe('waiting\n');
    pressCtrlC();
    await expect.poll(() => stdout).toBe('waiting\nsaving\n');
    await setTimeout(700);
    expect(child.exitCode).toBeNull();
    pressCtrlC();
    await ended;
    expect(stdout).toBe('waiting\nsaving\n');
    // Nobody is left in the group.
    expect(pressCtrlC).toThrow('ESRCH');
  },
  30_000,
);
