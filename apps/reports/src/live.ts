// The site of a training that goes on: pages are rendered when they are asked for, from the run folders as they are at
// that moment, and are told what is new (server-sent events). At the end it is the built site.

import { rmSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { basename, dirname, extname, join } from 'node:path';
import { isSightlineError } from '@sightline/core';
import type { LoadedRun } from '@sightline/runs';
import { type BuiltSite, writeSite } from './build.ts';
import { makeBeside, removeAbandoned } from './place.ts';
import { openRenderer, type Renderer } from './render.ts';
import { Assets } from './report/assets.ts';
import { type Live, type Report, readReport } from './report/report.ts';
import { listenOnLoopback, type SiteFile, type SiteServer, siteFolder } from './serve.ts';
import { trialRuntimes } from './write-trial.ts';

export interface LiveSite {
  url: string;
  /** A run begins to train, in this folder. */
  begin(dir: string): void;
  /** Says on the pages how far the training is. */
  say(words: string): void;
  /** Shows what is new in the run's folder. */
  changed(): void;
  /** Builds the site, and serves it from now on. */
  finish(): Promise<BuiltSite>;
  close(): Promise<void>;
}

/** What a page is told. */
interface Message extends Live {
  /** The address of the run in training from the site's root; null before there is anything to show. */
  page: string | null;
  isDone: boolean;
}

/** The page that waits for the first epoch, and where pages are told what is new. */
const WAITING = 'live.html';
const EVENTS = '/live-events';
/** A training may take a thousand steps a second. */
const SAY_EVERY_MS = 250;
/** Ports that are tried after the first. */
const MORE_PORTS = 100;

const { version } = createRequire(import.meta.url)('../package.json') as { version: string };

/**
 * @param port the first to try: where it is taken, the next that is free is used
 * @param folder the folder of the runs, in which the server keeps its own files until `close`
 */
export async function serveLive(port: number, folder: string): Promise<LiveSite> {
  const place = join(folder, 'live');
  const own = makeBeside(place);
  try {
    removeAbandoned(place);
    return await serveFrom(own, port);
  } catch (error) {
    rmSync(own, { recursive: true, force: true });
    throw error;
  }
}

async function serveFrom(own: string, port: number): Promise<LiveSite> {
  const listeners = new Set<ServerResponse>();
  let state: Message = { version: 0, words: 'Starting', page: null, isDone: false };
  let current: { runs: string; checks: string; name: string; began: number } | undefined;
  let timer: NodeJS.Timeout | undefined;
  let told = 0;
  let built: ((address: string) => Promise<SiteFile | null>) | undefined;

  const renderer = await openRenderer(emptyReport(state), own);
  /** The pictures of every state: a page that was rendered before the last one may still ask for them. */
  const assets = new Assets();
  let view: { version: number; pages: Awaited<ReturnType<Renderer['pagesOf']>> } | undefined;
  let last: Promise<unknown> = Promise.resolve();
  /** The renderer renders one report at a time. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const result = last.then(work);
    last = result.catch(() => {});
    return result;
  };

  /** Reads the run folders, unless they have been read since the last change. */
  async function read(): Promise<void> {
    const { version } = state;
    if (view?.version === version) return;
    const report = { ...currentReport(), live: state };
    view = { version, pages: await renderer.pagesOf(report) };
    const run = report.datasets.flatMap(({ runs }) => runs).find(({ name }) => name === current?.name);
    state = { ...state, page: run ? `runs/${run.slug}.html` : null };
  }

  function currentReport(): Report {
    if (!current) return emptyReport(state);
    const { name, began } = current;
    // Until the run has something to show, an older one may be in its folder.
    const isShown = (loaded: LoadedRun) => loaded.name !== name || Date.parse(loaded.run.startedAt) >= began;
    try {
      // Networks are tried on the finished site.
      return readReport(current, { models: 0, runtimes: trialRuntimes(), isShown }, assets);
    } catch (error) {
      // There is no run yet.
      if (isSightlineError(error)) return emptyReport(state);
      throw error;
    }
  }

  function tell(): void {
    timer = undefined;
    told = Date.now();
    const text = `data: ${JSON.stringify(state)}\n\n`;
    for (const response of listeners) response.write(text);
  }

  async function lookUp(address: string): Promise<SiteFile | { location: string } | null> {
    const name = address.slice(1);
    const found = await inTurn(async () => {
      if (built) return undefined;
      await read();
      const render = view?.pages.get(name);
      return render && { type: '.html', bytes: Buffer.from(await render()) };
    });
    if (name === '' || (name === WAITING && state.page)) return { location: state.page ?? WAITING };
    if (built) return built(address);
    const bytes = assets.get(name);
    return found ?? (bytes ? { type: extname(name), bytes } : null);
  }

  const events = {
    [EVENTS](response: ServerResponse) {
      response.writeHead(200, { 'content-type': 'text/event-stream', 'cache-control': 'no-store' });
      response.write(`data: ${JSON.stringify(state)}\n\n`);
      listeners.add(response);
      response.on('close', () => listeners.delete(response));
    },
  };
  const server = await onFreePort(port, (free) => listenOnLoopback(free, lookUp, events));

  const say = (words: string) => {
    state = { ...state, words };
    timer ??= setTimeout(tell, Math.max(0, told + SAY_EVERY_MS - Date.now()));
  };
  const changed = () => {
    state = { ...state, version: state.version + 1 };
    // Where the folder is just being written, the next change shows it.
    inTurn(read).then(tell, () => {});
  };
  return {
    url: server.url,
    begin(dir) {
      const runs = dirname(dir);
      current = { runs, checks: join(runs, '..', 'checks'), name: basename(dir), began: Date.now() };
      changed();
    },
    say,
    changed,
    finish: () =>
      inTurn(async () => {
        const out = join(own, 'site');
        const site = await writeSite({ ...current!, out }, renderer);
        built = await siteFolder(out);
        clearTimeout(timer);
        state = { ...state, version: state.version + 1, words: '', isDone: true };
        tell();
        return site;
      }),
    async close() {
      clearTimeout(timer);
      await server.close();
      renderer.close();
      rmSync(own, { recursive: true, force: true });
    },
  };
}

/** What there is before the first run. */
const emptyReport = (live: Live): Report => ({
  title: 'Training',
  datasets: [],
  checks: [],
  broken: [],
  software: version,
  runtimes: trialRuntimes(),
  url: null,
  live,
});

async function onFreePort(first: number, listen: (port: number) => Promise<SiteServer>): Promise<SiteServer> {
  for (let port = first; ; port++) {
    try {
      return await listen(port);
    } catch (error) {
      const isTaken = ((error as Error).cause as NodeJS.ErrnoException | undefined)?.code === 'EADDRINUSE';
      if (!isTaken || port === first + MORE_PORTS) throw error;
    }
  }
}
