/** The pictures of a run are of images that training has read already, and reads once more for them. */

import { counted, isSightlineError } from '@sightline/core';
import type { FileFailure } from '@sightline/data';
import type { Work } from '../events.ts';

/**
 * Takes the steps that write a run's pictures: those of a group one after the other, all groups at the same time. Images
 * that have gone since training read them, such as with their disk or their share, cost the pictures that they are needed
 * for, and a warning; not the run.
 *
 * @returns whether all pictures were written
 */
export async function writePictures(
  groups: readonly (readonly (() => Promise<unknown>)[])[],
  emit: Work['emit'],
): Promise<boolean> {
  const gone = new Set<string>();
  const taken = await Promise.allSettled(
    groups.map(async (steps) => {
      for (const step of steps) {
        try {
          await step();
        } catch (error) {
          if (!isSightlineError(error, 'unreadable-image')) throw error;
          for (const { path } of error.details.failures as FileFailure[]) gone.add(path);
        }
      }
    }),
  );
  for (const group of taken) if (group.status === 'rejected') throw group.reason;
  if (gone.size === 0) return true;
  const message = `${counted(gone.size, 'image')} can no longer be read: the report will lack pictures of ${gone.size === 1 ? 'it' : 'them'}.`;
  emit({ event: 'warning', message });
  return false;
}
