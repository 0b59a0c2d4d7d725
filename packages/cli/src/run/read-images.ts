/** Images by path: files, and all images in folders, without any classes. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { DataError, decodeImage, type FileFailure, type ImageSet, type ResizeOptions } from '@sightline/data';
import { CliError } from '../error.ts';

const extensions = new Set(['.jpg', '.jpeg', '.png', '.bmp', '.gif', '.webp', '.tif', '.tiff', '.avif']);
const atOnce = 8;

/** The image files that `paths` name: files as they are named, folders by what lies in them, sorted. */
export async function imageFiles(paths: readonly string[]): Promise<string[]> {
  const found = await Promise.all(
    paths.map(async (path) => {
      const entry = await stat(path).catch(() => undefined);
      if (!entry) throw new CliError('missing', `There is no image or folder ${path}.`);
      if (!entry.isDirectory()) return [path];
      const names = await readdir(path, { recursive: true });
      return names
        .filter((name) => extensions.has(extname(name).toLowerCase()))
        .sort()
        .map((name) => join(path, name));
    }),
  );
  const files = found.flat();
  if (files.length > 0) return files;
  throw new CliError(
    'missing',
    `There are no images in ${paths.join(', ')}: expected ${[...extensions].join(' ')}.`,
  );
}

/**
 * Decodes files, in their order. The set has no labels: all are 0.
 *
 * @throws DataError `unreadable-image` that names the files that can't be decoded
 */
export async function readImages(
  files: readonly string[],
  resize: ResizeOptions,
  classes: readonly string[],
): Promise<ImageSet> {
  const { size, interpolation = 'nearest', fit = 'stretch' } = resize;
  const [height, width] = size;
  const bytes = height * width * 3;
  const data = new Uint8Array(new SharedArrayBuffer(files.length * bytes));
  const failures: FileFailure[] = [];
  let next = 0;
  const lane = async () => {
    for (let i = next++; i < files.length; i = next++) {
      const path = files[i] ?? '';
      try {
        data.set((await decodeImage(await readFile(path), { size, interpolation, fit })).data, i * bytes);
      } catch (error) {
        failures.push({ path, reason: (error as Error).message });
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
  const [first] = failures;
  if (first) {
    const others = failures.length > 1 ? `, nor can ${failures.length - 1} more` : '';
    const message = `${first.path} can't be read as an image: ${first.reason}${others}.`;
    throw new DataError('unreadable-image', message, failures);
  }
  const shape = [files.length, height, width, 3] as const;
  return { data, shape, labels: new Int32Array(files.length), paths: files, classes };
}
