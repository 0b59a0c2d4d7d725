/** Where the record keeps things. Git ignores the data, the runs and what is compared with PyTorch. */
import { fileURLToPath } from 'node:url';

const place = (path: string) => fileURLToPath(new URL(path, import.meta.url));

export const places = {
  app: place('..'),
  data: place('../data'),
  runs: place('../runs'),
  results: place('../results.json'),
  readme: place('../README.md'),
  torch: place('../torch/airbench.py'),
} as const;
