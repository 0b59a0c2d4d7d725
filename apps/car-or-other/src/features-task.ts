/** Turbo's task `features`: VGG16's features of both splits, unless they are there. */
import {
  counted,
  duration,
  featuresOf,
  loadConfig,
  openInOrder,
  runTask,
  settingsOf,
  withEnvironment,
} from 'sightline/program';

const experiment = 'vgg16-backend';

await runTask(async ({ signal, output }) => {
  const settings = settingsOf(await loadConfig(undefined), experiment, withEnvironment({}));
  const dataset = await openInOrder(settings.data, settings.classes, signal);
  const { train, validation, wereThere } = await featuresOf(dataset, settings, { output, signal });
  const images = counted(train.rows.length + validation.rows.length, 'image');
  const seconds = (train.seconds ?? 0) + (validation.seconds ?? 0);
  const { provider, device } = train;
  output.note(
    `features  ${images} on ${provider} (${device}), ${wereThere ? 'as before' : duration(seconds)}`,
  );
  return 0;
});
