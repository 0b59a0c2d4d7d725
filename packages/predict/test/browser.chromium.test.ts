// The package in a real browser, as a page without a bundler uses it: an import map names onnxruntime-web's own files.

import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describeInChromium, launchChromium } from '@sightline/chromium/testing';
import { build } from 'esbuild';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type * as Predict from '../src/browser.ts';
import { load as loadInNode } from '../src/node.ts';
import {
  difference,
  expected,
  fixture,
  icon,
  inOrder,
  largePhoto,
  TEXTURES,
  type Texture,
  toleranceOf,
  withProfile,
} from './fixtures.ts';
import { PRECISIONS, type Precision, TOLERANCES } from './precisions.ts';

const PAGE = `<!doctype html><title>predict</title>
<script type="importmap">{ "imports": { "onnxruntime-web": "/ort/ort.bundle.min.mjs" } }</script>`;
const TYPES: Record<string, string> = {
  '.mjs': 'text/javascript',
  '.js': 'text/javascript',
  '.wasm': 'application/wasm',
};

async function bundle(): Promise<string> {
  const result = await build({
    entryPoints: [fileURLToPath(new URL('../src/browser.ts', import.meta.url))],
    bundle: true,
    format: 'esm',
    platform: 'browser',
    conditions: ['@sightline/source'],
    external: ['onnxruntime-web'],
    write: false,
  });
  return result.outputFiles[0]!.text;
}

async function serve(): Promise<Server> {
  const ort = import.meta.resolve('onnxruntime-web/wasm');
  const script = await bundle();
  const content = async (path: string): Promise<string | Buffer> => {
    if (path === '/') return PAGE;
    if (path === '/predict.js') return script;
    const precision = /^\/precision\/(\w+)\.onnx$/.exec(path)?.[1] as Precision | undefined;
    if (precision) return Buffer.from(PRECISIONS[precision]);
    const texture = /^\/large\/(\w+)\.jpg$/.exec(path)?.[1] as Texture | undefined;
    if (texture) return await largePhoto(texture);
    const ink = /^\/icon\/(\w+)\.png$/.exec(path)?.[1];
    if (ink) return await icon(ink);
    if (path === '/profile.png') return await withProfile(await readFile(fixture('wide.png')));
    return await readFile(path.startsWith('/ort/') ? new URL(path.slice(5), ort) : fixture(path.slice(1)));
  };
  const server = createServer(async (request, response) => {
    const path = request.url!;
    const body = await content(path).catch(() => undefined);
    const type = TYPES[extname(path)] ?? (path === '/' ? 'text/html' : 'application/octet-stream');
    response.writeHead(body ? 200 : 404, { 'content-type': type }).end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return server;
}

declare global {
  /** In the page. */
  var predict: typeof Predict;
}

describeInChromium(() => {
  let server: Server;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    server = await serve();
    browser = await launchChromium();
    page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await page.evaluate(`import('/predict.js').then((module) => { globalThis.predict = module; })`);
  });
  afterAll(async () => {
    await browser?.close();
    await new Promise((resolve) => server.close(resolve));
  });

  it.each(expected)('the prediction of $photo by $model is that of Pillow and NumPy', async (each) => {
    const { probabilities } = await page.evaluate(async ({ model, photo }) => {
      const loaded = await predict.load(`/${model}`);
      const prediction = await loaded.predict(`/${photo}`);
      await loaded.release();
      return prediction;
    }, each);
    expect(difference(inOrder(probabilities), each.probabilities)).toBeLessThan(toleranceOf(each.photo));
  });

  it.each(Object.keys(TOLERANCES) as Precision[])('predicts in %s what Node does', async (precision) => {
    const inPage = await page.evaluate(async (model) => {
      const loaded = await predict.load(model);
      const prediction = await loaded.predict('/wide.png');
      await loaded.release();
      return prediction;
    }, `/precision/${precision}.onnx`);
    const model = await loadInNode(PRECISIONS[precision]);
    const inNode = await model.predict(fixture('wide.png'));
    await model.release();
    const [found, wanted] = [inPage, inNode].map(({ probabilities }) => inOrder(probabilities));
    expect(difference(found!, wanted!)).toBeLessThan(TOLERANCES[precision]);
  });

  // Decoded at a part of its size, it would move the probabilities by 2e-4 to 7e-4.
  it.each(TEXTURES)('a JPEG of 12 megapixels (%s) is decoded as in Node', async (texture) => {
    const inPage = await page.evaluate(async (photo) => {
      const loaded = await predict.load('/precision/fp32.onnx');
      const prediction = await loaded.predict(photo);
      await loaded.release();
      return prediction;
    }, `/large/${texture}.jpg`);
    const model = await loadInNode(PRECISIONS.fp32);
    const inNode = await model.predict(await largePhoto(texture));
    await model.release();
    const [found, wanted] = [inPage, inNode].map(({ probabilities }) => inOrder(probabilities));
    expect(difference(found!, wanted!)).toBeLessThan(1e-4);
  });

  it('is the same from a URL, File, bytes, ImageData, image, canvas and bitmap', async () => {
    const predictions = await page.evaluate(async () => {
      const model = await predict.load(new URL('/stretch.onnx', location.href), {
        sessionOptions: { executionProviders: ['wasm'] },
      });
      const bytes = await (await fetch('/wide.png')).arrayBuffer();
      const file = new File([bytes], 'wide.png', { type: 'image/png' });
      const bitmap = await createImageBitmap(file);
      const canvas = document.createElement('canvas');
      [canvas.width, canvas.height] = [bitmap.width, bitmap.height];
      const context = canvas.getContext('2d')!;
      context.drawImage(bitmap, 0, 0);
      const pixels = context.getImageData(0, 0, canvas.width, canvas.height);
      const image = new Image();
      image.src = '/wide.png';
      image.width = 20; // Its size in the page is not its own.
      const photos = [new URL('/wide.png', location.href), file, bytes, pixels, image, canvas, bitmap];
      const all = await model.predictAll(photos, { batchSize: 4 });
      return [...all, ...(await Promise.all(photos.map((photo) => model.predict(photo))))];
    });
    expect(predictions).toHaveLength(14);
    for (const prediction of predictions) expect(prediction).toEqual(predictions[0]);
  });

  it('turns images upright and ignores their color profiles, in the page as well', async () => {
    const predictions = await page.evaluate(async () => {
      const model = await predict.load('/crop.onnx');
      const ofImage = async (src: string) => {
        const image = new Image();
        image.src = src;
        return await model.predict(image);
      };
      return {
        turned: await model.predict('/turned.png'),
        turnedImage: await ofImage('/turned.png'),
        plain: await model.predict('/wide.png'),
        profile: await model.predict('/profile.png'),
        profileImage: await ofImage('/profile.png'),
      };
    });
    expect(predictions.turnedImage).toEqual(predictions.turned);
    expect(predictions.profile).toEqual(predictions.plain);
    expect(predictions.profileImage).toEqual(predictions.plain);
  });

  it.each(['black', 'white', 'gold'])(
    'lays an icon in %s on the background that Node lays it on',
    async (ink) => {
      const inPage = await page.evaluate(async (url) => {
        const model = await predict.load('/stretch.onnx');
        const image = new Image();
        image.src = url;
        await image.decode();
        const canvas = document.createElement('canvas');
        [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
        const context = canvas.getContext('2d')!;
        context.drawImage(image, 0, 0);
        return await model.predictAll([url, canvas, context.getImageData(0, 0, canvas.width, canvas.height)]);
      }, `/icon/${ink}.png`);
      const model = await loadInNode(fixture('stretch.onnx'));
      const inNode = await model.predict(await icon(ink));
      await model.release();
      // Canvases keep colors multiplied by opacity, in 8 bits: half-transparent pixels differ by one value.
      for (const { probabilities } of inPage)
        expect(difference(inOrder(probabilities), inOrder(inNode.probabilities))).toBeLessThan(1e-3);
    },
  );

  it.each([
    ['a missing model', '/none.onnx', '/wide.png', 'missing'],
    ['a page in the place of a model', '/', '/wide.png', 'decode'],
    ['a missing photo', '/crop.onnx', '/none.png', 'missing'],
    ['a photo that is none', '/crop.onnx', '/expected.json', 'unreadable-image'],
  ])('says what is wrong with %s', async (_, model, photo, code) => {
    const found = await page.evaluate(
      async ([model, photo]) => {
        try {
          await (await predict.load(model!)).predict(photo!);
          return undefined;
        } catch (error) {
          return (error as { code: string }).code;
        }
      },
      [model, photo],
    );
    expect(found).toBe(code);
  });
});
