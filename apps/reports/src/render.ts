// Pages from a report. Astro compiles the pages once; then any report is rendered, page by page, as often as is wanted.

import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { constants } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import type { AstroIntegration, AstroPrerenderer } from 'astro';
import type { Report } from './report/report.ts';
import { typeset } from './typeset.ts';

export interface Renderer {
  /**
   * The pages of a report: from an address, `runs/transfer.html`, to what renders it. The pages of a report before can't
   * be rendered any more.
   */
  pagesOf(report: Report): Promise<ReadonlyMap<string, () => Promise<string>>>;
  close(): void;
}

/** The report that each renderer renders, for the pages to take: several may be at work at once. */
const shared = globalThis as typeof globalThis & { sightlineReports?: Map<string, Report> };
shared.sightlineReports ??= new Map();
const reports = shared.sightlineReports;

/**
 * Compiles the pages.
 *
 * @param report any report: Astro loads a page's code when it first asks for its addresses
 * @param folder where a folder can be made, which `close` removes
 */
export async function openRenderer(report: Report, folder: string): Promise<Renderer> {
  // Before Astro is loaded: a build goes nowhere near the network.
  process.env.ASTRO_TELEMETRY_DISABLED = '1';
  const { build } = await import('astro');
  // Astro keeps types and caches in its root. In a folder of its own, builds can go on beside each other, and the
  // package itself may be read-only.
  const root = mkdtempSync(join(folder, 'sightline-site-'));
  const close = () => {
    reports.delete(root);
    rmSync(root, { recursive: true, force: true });
  };
  reports.set(root, report);
  let own: AstroPrerenderer | undefined;
  try {
    await build({
      configFile: false,
      root,
      srcDir: fileURLToPath(new URL('../site/', import.meta.url)),
      publicDir: join(root, 'public'),
      outDir: join(root, 'out'),
      logLevel: 'silent',
      compressHTML: true,
      devToolbar: { enabled: false },
      build: { format: 'file', inlineStylesheets: 'always', server: join(root, 'compiled') },
      integrations: [takePrerenderer((prerenderer) => (own = prerenderer))],
      vite: {
        logLevel: 'silent',
        build: { target: 'esnext', cssMinify: false },
        // Else Vite looks for a configuration in the folders above.
        css: { postcss: {} },
        plugins: [dataPlugin(root)],
      },
    });
  } catch (error) {
    close();
    throw systemError(error as Error);
  }
  const prerenderer = own as AstroPrerenderer & { app: { routeCache: { clearAll(): void } } };
  return {
    async pagesOf(next) {
      reports.set(root, next);
      // Astro remembers which pages there are.
      prerenderer.app.routeCache.clearAll();
      const paths = await prerenderer.getStaticPaths();
      return new Map(
        paths.map(({ pathname, route }) => {
          const address = `${pathname.replace(/^\/|\/$/g, '') || 'index'}.html`;
          const render = async () => {
            const request = new Request(new URL(address, 'http://localhost'));
            const rendered = await prerenderer.render(request, { routeData: route });
            return typeset(await (rendered instanceof Response ? rendered : rendered.response).text());
          };
          return [address, render];
        }),
      );
    },
    close,
  };
}

/**
 * Where the system refuses to write, Rolldown panics: what it throws asks to report a bug of Rolldown, and holds the
 * system's error in Rust's words, `No space left on device (os error 28)`. That error alone is the reason.
 */
export function systemError(error: Error): Error {
  const [, words, number] = /^\s*(.+) \(os error (\d+)\)/m.exec(error.message) ?? [];
  const [code] = Object.entries(constants.errno).find(([, value]) => value === Number(number)) ?? [];
  return code === undefined ? error : Object.assign(new Error(words, { cause: error }), { code });
}

/** Takes Astro's own prerenderer, and leaves Astro nothing to render. */
function takePrerenderer(take: (prerenderer: AstroPrerenderer) => void): AstroIntegration {
  return {
    name: 'sightline:prerenderer',
    hooks: {
      // Else Astro compiles into a folder of the working directory, where builds would take each other's files.
      'astro:config:done': ({ setAdapter }) =>
        setAdapter({
          name: 'sightline:prerenderer',
          adapterFeatures: { buildOutput: 'static', preserveBuildServerDir: true },
          supportedAstroFeatures: { staticOutput: 'stable', sharpImageService: 'stable' },
        }),
      'astro:build:start': ({ setPrerenderer }) =>
        setPrerenderer((prerenderer) => ({
          ...prerenderer,
          async getStaticPaths() {
            take(prerenderer);
            // Loads the code of all pages, whose files Astro then removes.
            for (const { pathname, route } of await prerenderer.getStaticPaths()) {
              if (!route.pathname) continue;
              await prerenderer.render(new Request(new URL(pathname, 'http://localhost')), {
                routeData: route,
              });
            }
            return [];
          },
        })),
    },
  };
}

/**
 * Gives the pages their data as the module `sightline:report`, and the modules that they import.
 *
 * Astro renders in this process, so a page gets the report itself, whose runs are read when a page asks for them.
 * Packages of ours stay outside of what Vite bundles: a page imports the very module that this process has, whether
 * that is a source file or a built one. Astro's own modules are found from here, since its root is an empty folder
 * somewhere else.
 */
function dataPlugin(id: string) {
  const virtual = 'sightline:report';
  const here = fileURLToPath(import.meta.url);
  const require = createRequire(here);
  return {
    name: virtual,
    enforce: 'pre' as const,
    resolveId(this: { resolve: Resolve }, source: string, importer: string | undefined) {
      if (source === virtual) return `\0${virtual}`;
      if (source.startsWith('@sightline/'))
        return { id: pathToFileURL(require.resolve(source)).href, external: true };
      // Entries and virtual modules stand in no folder, so Vite would look for their imports from that root.
      const isFromNowhere = importer === undefined || !isAbsolute(importer);
      return isFromNowhere && source.startsWith('astro/')
        ? this.resolve(source, here, { skipSelf: true })
        : undefined;
    },
    load: (resolved: string) =>
      resolved === `\0${virtual}`
        ? `export const report = new Proxy({}, { get: (_, name) => globalThis.sightlineReports.get(${JSON.stringify(id)})[name] });`
        : undefined,
  };
}

type Resolve = (
  source: string,
  importer: string,
  options: { skipSelf: boolean },
) => Promise<{ id: string } | null>;
