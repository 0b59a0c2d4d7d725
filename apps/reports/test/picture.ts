// Makes the picture of the site that the README shows: the overview of a built site without its photographs, which
// belong to the data set. From the repository's root:
//   node --conditions=@sightline/source apps/reports/test/picture.ts apps/reports/dist docs/site.png

import { mkdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromiumFlags, findChromium } from '@sightline/chromium';
import { chromium } from 'playwright-core';

const [site, out] = process.argv.slice(2);
const executablePath = findChromium();
if (!site || !out || !executablePath) {
  throw new Error(
    'Needed: the folder of a built site, the picture to write, and Chromium (or CHROMIUM_PATH).',
  );
}

const browser = await chromium.launch({ executablePath, args: chromiumFlags });
const page = await browser.newPage({ viewport: { width: 1240, height: 800 }, colorScheme: 'light' });
await page.goto(pathToFileURL(join(resolve(site), 'index.html')).href);
await page.addStyleTag({
  content: `section:has(img), .site-footer { display: none }
            main { padding-bottom: 2rem } section { margin-top: 2.4rem }`,
});
mkdirSync(dirname(resolve(out)), { recursive: true });
await page.screenshot({ path: out, fullPage: true });
await browser.close();
