// `npm run fuzz -- keras`: Keras 3's zips, to the network that comes out.

import { fuzzed } from '../testing/fuzzed-network.ts';
import { loadKeras, saveKeras } from './keras.ts';

export const { seeds, parse } = fuzzed('model.keras', saveKeras, loadKeras);
