// The images of a folder, whatever its folders mean: for those who ask a trained network about them.

import { byCodeUnit, isImageName } from './file-tree.ts';
import { folderTree } from './folder-tree.ts';

/**
 * All files with the name of an image, hidden ones left out: paths relative to the folder, with `/`, in the order of
 * their code units. Throws SightlineError `missing-folder`, `unreadable-folder`, `link-loop` or `file-name`.
 */
export async function listImages(folder: string): Promise<string[]> {
  const { files } = await folderTree(folder).list();
  return files
    .map(({ path }) => path)
    .filter(isImageName)
    .sort(byCodeUnit);
}
