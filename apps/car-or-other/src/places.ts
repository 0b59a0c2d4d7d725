/** Where the experiment keeps things. Git ignores all of it but the default data set's lock file. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const place = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export const places = {
  root: place('../../..'),
  app: place('..'),
  reports: place('../../reports'),
  data: place('../data'),
  /** The default data set's: committed, because it is the same on every machine. */
  lock: place('../data.lock.json'),
  /** Another folder's, where one is trained on; absent while the default data set is. */
  otherLock: place('../other-data.lock.json'),
  runs: place('../runs'),
  features: place('../features'),
  site: place('../../reports/dist'),
} as const;

/** The folder that downloads are kept in: `SIGHTLINE_CACHE`, or where the system keeps caches. */
export function cacheFolder(env: NodeJS.ProcessEnv = process.env): string {
  if (env.SIGHTLINE_CACHE) return env.SIGHTLINE_CACHE;
  if (process.platform === 'darwin') return join(homedir(), 'Library/Caches/sightline');
  if (process.platform === 'win32') return join(env.LOCALAPPDATA ?? homedir(), 'sightline/cache');
  return join(env.XDG_CACHE_HOME || join(homedir(), '.cache'), 'sightline');
}
