import { expect, test } from 'vitest';
import { call } from '../../test/call.ts';

test.each([
  [['trian'], /There is no command "trian"\. Did you mean train\?/],
  [['dance'], /There is no command "dance"\. The commands are train, init, check, /],
  [['train', '--sed', '3'], /sightline train has no option --sed\. Did you mean --seed\?/],
  [['train', '--color'], /sightline train has no option --color\. See sightline train --help/],
  [['train', '-x'], /sightline train has no option -x\./],
  [['train', '--resume=yes'], /--resume takes no value; "yes" was given\./],
  [['train', '--image-size', '64y'], /--image-size takes a size in pixels such as 224, or 224x160/],
  [['train', '--augment', '{'], /--augment takes augmentations such as rotation=20.*not JSON/],
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
  [
    ['train', '--data', 'x', '--experiment', 'mine'],
    /There is no experiment "mine" in .* It has transfer, baseline, residual, depthwise\./,
  ],
  [['train'], /There are no images to train on: name their folder, as in sightline train photos/],
  [['train', 'a', 'b'], /sightline train takes no argument "b"\./],
  [['features', 'photographs'], /sightline features needs --out FILE\.npy: a \.npy file for all images/],
  [['features', 'x', '--out', 'y.npy', '--shard', '3/2'], /--shard takes I\/N.*"3\/2" was given/],
  [['features', 'x', '--out', 'y.npy', '--provider', 'tpu'], /--provider takes one of cuda, webgpu/],
  [['classify', 'x.jpg', '--class-names', 'y.txt'], /--class-names are for the classes of --weights/],
  [
    ['classify'],
    /sightline classify needs IMAGE: images, and folders of them\. For example: sightline classify photo\.jpg/,
  ],
  [['predict', 'runs/baseline'], /sightline predict needs PATH: images, folders of images/],
  [['evaluate'], /sightline evaluate needs MODEL: a run folder/],
  [['export', 'runs/baseline', '--format', 'onnx'], /sightline export needs --out PATH/],
  [['export', 'runs/baseline', '--format', 'pickle'], /--format takes one of onnx, tfjs, keras/],
  [['compare', 'runs/baseline'], /sightline compare needs another RUN: a run folder/],
  [['summary'], /sightline summary needs NAME: the name of a pretrained network/],
  [['rate', '--data', 'x', '--steps', '3'], /--steps takes a whole number of 20 or more; "3" was given/],
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
  [
    ['train', '/nowhere.ts', '--data', 'x'],
    /There is no \/nowhere\.ts: expected a folder of images, or a configuration/,
  ],
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

test('earlier names of commands and options still work', async () => {
  expect((await call('rate', '--data', 'x', '--steps', '3')).stderr).toMatch(
    /--steps takes a whole number of 20/,
  );
  expect((await call('samples', 'x', '--output', 'y.gif')).stderr).toMatch(
    /--output takes the name of a \.png/,
  );
  expect((await call('evaluate', '/nowhere', '--levels', 'unit')).stderr).toMatch(/There is no run in/);
});

test('summary vgg16 has all its parameters', async () => {
  const { stdout } = await call('summary', 'vgg16', '--json');
  expect(JSON.parse(stdout).total).toBe(138_357_544);
  expect((await call('summary', 'vgg16')).stdout).toMatch(/all layers +138,357,544\n$/);
});
