/** Where the experiment keeps things. Git ignores all of it but the default data set's lock file. */
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
