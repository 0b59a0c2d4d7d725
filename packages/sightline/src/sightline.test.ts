import { expect, test } from 'vitest';
import { call } from '../test/call.ts';

test.each([
  [['trian'], /There is no command "trian"\. Expected one of train, rate, check, /],
  [['train', '--sed', '3'], /sightline train has no option --sed\. It has --data, --experiment/],
  [['train', '--data'], /--data needs a value after it\./],
  [
    ['train', '--data', 'x', '--epochs', 'ten'],
    /--epochs takes a whole number of 1 or more; "ten" was given\./,
  ],
  [['train', '--data', 'x', '--seed=1.5'], /--seed takes a whole number of 0 or more; "1\.5" was given\./],
  [
    ['train', '--data', 'x', '--engine', 'torch'],
    /--engine takes one of auto, onnxruntime, .*"torch" was given/,
  ],
  [['train', '--data', 'x', '--experiment', 'mine'], /There is no experiment "mine" in .* It has baseline\./],
  [['train'], /Which images\? Name their folder with --data DIR/],
  [['features', 'photographs'], /Expected a folder of images and --out/],
  [['features', 'x', '--out', 'y.npy', '--shard', '3/2'], /--shard takes I\/N.*"3\/2" was given/],
  [['features', 'x', '--out', 'y.npy', '--provider', 'tpu'], /--provider takes one of cuda, webgpu/],
  [['classify', 'x.jpg', '--class-names', 'y.txt'], /--class-names are for the classes of --weights/],
  [['classify'], /Expected images\. For example: sightline classify photograph\.jpg/],
  [['predict', 'runs/baseline'], /Expected images after the run folder/],
  [['evaluate'], /Expected a run folder/],
  [['export', 'runs/baseline', '--format', 'onnx'], /Expected --format and --out/],
  [['export', 'runs/baseline', '--format', 'pickle'], /--format takes one of onnx, tfjs, keras/],
  [['compare', 'runs/baseline'], /Expected two run folders or more/],
  [['summary'], /Expected "vgg16" or a run folder/],
  [['rate', '--data', 'x', '--steps', '3'], /--steps takes a whole number of 10 or more; "3" was given/],
  [['rate', '--data', 'x', '--experiment', 'mine'], /There is no experiment "mine"/],
])('a mistake in the command line is one sentence and exit code 2: %j', async (args, message) => {
  const { code, stdout, stderr } = await call(...args);
  expect(stderr).toMatch(message);
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
});

test.each([
  [['summary', '/nowhere'], /There is no run in \/nowhere: expected a file run\.json in it/],
  [['evaluate', '/nowhere'], /There is no run in \/nowhere/],
  [['check', '/nowhere'], /There is no folder \/nowhere/],
  [['train', '/nowhere.ts', '--data', 'x'], /There is no configuration \/nowhere\.ts/],
  [['classify', '/nowhere.jpg'], /There is no image or folder \/nowhere\.jpg/],
  [['report', '/nowhere', '--out', '/nowhere/site'], /There is no folder of runs \/nowhere/],
])('what is not there is one sentence and exit code 1: %j', async (args, message) => {
  const { code, stderr } = await call(...args);
  expect(stderr).toMatch(message);
  expect(stderr.trim().split('\n')).toHaveLength(1);
  expect(code).toBe(1);
});

test('with --json an error is JSON on standard output as well', async () => {
  const { code, stdout, stderr } = await call('summary', '/nowhere', '--json');
  expect(code).toBe(1);
  expect(JSON.parse(stdout)).toEqual({ error: { code: 'missing', message: stderr.trim() } });
});

test('help lists commands and options', async () => {
  const root = await call('--help');
  expect(root.code).toBe(0);
  expect(root.stdout).toMatch(/train.*\n.*rate.*\n.*check.*\n(.*\n)*.*features/);
  const train = await call('train', '--help');
  expect(train.stdout).toMatch(/--batch-size=<N>/);
});

test('summary vgg16 has all its parameters', async () => {
  const { stdout } = await call('summary', 'vgg16', '--json');
  expect(JSON.parse(stdout).total).toBe(138_357_544);
  expect((await call('summary', 'vgg16')).stdout).toMatch(/all layers +138,357,544\n$/);
});
