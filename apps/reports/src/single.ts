// The site as one document: all pages below each other, links between them as anchors, pictures and downloads inside.

import { createHash } from 'node:crypto';
import { dirname, extname } from 'node:path/posix';
import { counted } from '@sightline/core';
import { parseHTML } from 'linkedom';
import type { Assets } from './report/assets.ts';

/** What is used of an element: linkedom has no types of its own without those of a browser. */
interface Tag {
  id: string;
  className: string;
  textContent: string | null;
  innerHTML: string;
  readonly outerHTML: string;
  readonly attributes: Iterable<{ name: string; value: string }>;
  readonly childNodes: Iterable<Tag>;
  readonly firstElementChild: Tag | null;
  readonly ownerDocument: Page;
  getAttribute(name: string): string | null;
  hasAttribute(name: string): boolean;
  setAttribute(name: string, value: string): void;
  removeAttribute(name: string): void;
  querySelector(selector: string): Tag | null;
  querySelectorAll(selector: string): Iterable<Tag>;
  closest(selector: string): Tag | null;
  append(...nodes: Tag[]): void;
  before(node: Tag): void;
  replaceWith(node: Tag): void;
  replaceChildren(...nodes: Tag[]): void;
  insertAdjacentHTML(place: 'beforeend', html: string): void;
  remove(): void;
}

interface Page extends Tag {
  readonly documentElement: Tag;
  readonly head: Tag;
  readonly body: Tag;
  createElement(name: string): Tag;
  importNode(node: Tag, isDeep: boolean): Tag;
}

const parse = (html: string): Page => parseHTML(html).document as unknown as Page;

/** By this a file is known as a report that may be replaced. */
export const SINGLE_MARK = '<meta name="generator" content="Sightline">';

const TYPES: Record<string, string> = {
  '.png': 'image/png',
  '.jpg': 'image/jpeg',
  '.svg': 'image/svg+xml',
  '.csv': 'text/csv',
  '.md': 'text/markdown',
};

/** What only makes sense between pages. */
const DROPPED = '.skip, .site-header, .tabs, .neighbors';
/** What refers to elements by their id. */
const REFERENCES = ['aria-labelledby', 'aria-describedby', 'aria-controls', 'for', 'headers'];

/**
 * Joins pages, by their addresses, to one document. They come in the order in which links lead to them from the first.
 */
export function joinPages(
  pages: ReadonlyMap<string, string>,
  assets: Assets,
): { html: string; pages: number } {
  const parsed = new Map([...pages].map(([address, html]) => [address, parse(html)] as const));
  const order = reachable(parsed);
  const names = new Map(order.map((address, i) => [address, `page-${i + 1}`]));
  const frame = parsed.get(order[0]!)!;
  const pictures = new Pictures(assets);
  const main = frame.querySelector('main')!;
  const articles = order.map((address) => {
    const page = parsed.get(address)!;
    const article = frame.createElement('article');
    const name = names.get(address)!;
    article.id = name;
    const content = page.querySelector('main')!;
    for (const dropped of content.querySelectorAll(DROPPED)) dropped.remove();
    rename(content, name);
    relink(content, address, names, assets);
    article.append(...[...content.childNodes].map((node) => frame.importNode(node, true)));
    return article;
  });
  main.replaceChildren(contents(frame, order, parsed, names), ...articles);
  pictures.takeFrom(main);
  for (const dropped of frame.querySelectorAll('.skip, .site-header')) dropped.remove();
  main.before(pictures.symbols(frame));
  const all = [...parsed.values()];
  const styles = unique(all.flatMap((page) => [...page.querySelectorAll('head style')].map(textOf)));
  const scripts = unique(all.flatMap((page) => [...page.querySelectorAll('body > script')].map(textOf)));
  finishFrame(frame, styles, scripts);
  return { html: `<!doctype html>\n${frame.documentElement.outerHTML}\n`, pages: order.length };
}

/** Pages in the order in which a reader who follows every link comes to them, a run's own before those below it. */
function reachable(pages: ReadonlyMap<string, Page>): string[] {
  const order = ['index.html'];
  for (const address of order) {
    for (const link of pages.get(address)!.querySelectorAll('main a[href]')) {
      const target = targetOf(link.getAttribute('href')!, address).path;
      for (const next of [`${dirname(target)}.html`, target])
        if (pages.has(next) && !order.includes(next)) order.push(next);
    }
  }
  return order;
}

/** Where a link of a page leads, from the site's root. */
function targetOf(href: string, from: string): { path: string; anchor: string } {
  const { pathname, hash } = new URL(href, `http://site/${from}`);
  return { path: decodeURIComponent(pathname.slice(1)), anchor: hash.slice(1) };
}

/** Ids of one page do not meet those of another. */
function rename(content: Tag, name: string): void {
  const renamed = new Set<string>();
  for (const element of content.querySelectorAll('[id]')) {
    renamed.add(element.id);
    element.id = `${name}-${element.id}`;
  }
  for (const reference of REFERENCES) {
    for (const element of content.querySelectorAll(`[${reference}]`)) {
      const ids = element.getAttribute(reference)!.split(/\s+/);
      element.setAttribute(reference, ids.map((id) => (renamed.has(id) ? `${name}-${id}` : id)).join(' '));
    }
  }
  for (const element of content.querySelectorAll('svg *')) {
    for (const { name: attribute, value } of [...element.attributes]) {
      const found = value.replace(/(url\(#|^#)([\w-]+)/g, (whole, start: string, id: string) =>
        renamed.has(id) ? `${start}${name}-${id}` : whole,
      );
      if (found !== value) element.setAttribute(attribute, found);
    }
  }
  // Sections and navigation of many pages in one document would be as many landmarks of the same names.
  for (const section of content.querySelectorAll('section')) {
    section.removeAttribute('aria-labelledby');
    section.removeAttribute('aria-label');
  }
  for (const landmark of content.querySelectorAll('nav, aside')) {
    const plain = landmark.ownerDocument.createElement('div');
    plain.className = landmark.className;
    plain.append(...landmark.childNodes);
    landmark.replaceWith(plain);
  }
}

/** Links to pages become anchors, downloads come along, and a photograph does not open by itself. */
function relink(content: Tag, address: string, names: ReadonlyMap<string, string>, assets: Assets): void {
  const anchorOf = (href: string) => {
    const { path, anchor } = targetOf(href, address);
    const name = names.get(path);
    return name === undefined ? undefined : `#${name}${anchor ? `-${anchor}` : ''}`;
  };
  for (const link of content.querySelectorAll('a[href]')) {
    const href = link.getAttribute('href')!;
    const anchor = anchorOf(href);
    if (anchor) {
      link.setAttribute('href', anchor);
      continue;
    }
    const { path } = targetOf(href, address);
    if (link.hasAttribute('download')) {
      link.setAttribute('href', dataOf(path, assets) ?? '');
      link.setAttribute('download', link.getAttribute('download') || path.split('/').at(-1)!);
      continue;
    }
    const words = link.ownerDocument.createElement('span');
    words.className = link.className;
    words.append(...link.childNodes);
    link.replaceWith(words);
  }
  for (const table of content.querySelectorAll('table[data-pairs]')) {
    const pairs = JSON.parse(table.getAttribute('data-pairs')!) as Record<string, string>;
    const anchors = Object.entries(pairs).flatMap(([pair, href]) => {
      const anchor = anchorOf(href);
      return anchor ? [[pair, anchor]] : [];
    });
    // Its page of several runs has a choice of its own.
    table.removeAttribute('data-compare');
    table.setAttribute('data-pairs', JSON.stringify(Object.fromEntries(anchors)));
  }
  for (const image of content.querySelectorAll('img[src], image[href]')) {
    const attribute = image.hasAttribute('src') ? 'src' : 'href';
    image.setAttribute(attribute, targetOf(image.getAttribute(attribute)!, address).path);
  }
  // Data of a page's script: pictures by their addresses, which lead nowhere here.
  for (const script of content.querySelectorAll('script[type="application/json"]'))
    script.textContent = script.textContent!.replaceAll(/,?"photo":"[^"]*"/g, '');
}

function dataOf(path: string, assets: Assets): string | undefined {
  const bytes = assets.get(path);
  const type = TYPES[extname(path)] ?? 'application/octet-stream';
  return bytes && `data:${type};base64,${Buffer.from(bytes).toString('base64')}`;
}

/** Pictures that are shown several times are in the document once, as symbols. */
class Pictures {
  readonly #assets: Assets;
  readonly #symbols = new Map<string, { id: string; width: number; height: number }>();

  constructor(assets: Assets) {
    this.#assets = assets;
  }

  takeFrom(main: Tag): void {
    for (const image of main.querySelectorAll('image[href]')) {
      const data = dataOf(image.getAttribute('href')!, this.#assets);
      if (data) image.setAttribute('href', data);
    }
    const bySource = Map.groupBy(main.querySelectorAll('img[src]'), (image) => image.getAttribute('src')!);
    for (const [src, images] of bySource) {
      const data = dataOf(src, this.#assets);
      if (data === undefined) continue;
      if (images.length === 1) {
        images[0]!.setAttribute('src', data);
        continue;
      }
      for (const image of images) image.replaceWith(this.#use(image, src));
    }
  }

  /** The same picture in the same place. */
  #use(image: Tag, src: string): Tag {
    const [width, height] = ['width', 'height'].map((side) => Number(image.getAttribute(side)) || 100);
    const { id } = this.#symbols.get(src) ?? { id: `picture-${this.#symbols.size + 1}` };
    if (!this.#symbols.has(src)) this.#symbols.set(src, { id, width: width!, height: height! });
    const isTile = image.closest('.tile') !== null;
    const isCropped = image.closest('.strip') !== null;
    const document = image.ownerDocument;
    const holder = document.createElement('span');
    holder.innerHTML = `<svg role="img" viewBox="0 0 ${width} ${height}" preserveAspectRatio="${isTile ? 'none' : isCropped ? 'xMidYMid slice' : 'xMidYMid meet'}"><use href="#${id}" width="${width}" height="${height}"></use></svg>`;
    const svg = holder.firstElementChild!;
    svg.setAttribute('class', `picture ${image.className}`.trim());
    svg.setAttribute('aria-label', image.getAttribute('alt') ?? '');
    const style = image.getAttribute('style');
    if (style) svg.setAttribute('style', style);
    return svg;
  }

  symbols(document: Page): Tag {
    const holder = document.createElement('div');
    holder.setAttribute('style', 'position: absolute; width: 0; height: 0; overflow: hidden');
    holder.innerHTML = `<svg aria-hidden="true">${[...this.#symbols]
      .map(
        ([src, { id, width, height }]) =>
          `<symbol id="${id}" viewBox="0 0 ${width} ${height}" preserveAspectRatio="none"><image width="${width}" height="${height}" preserveAspectRatio="none" href="${dataOf(src, this.#assets)}"></image></symbol>`,
      )
      .join('')}</svg>`;
    return holder;
  }
}

function contents(
  frame: Page,
  order: readonly string[],
  pages: ReadonlyMap<string, Page>,
  names: ReadonlyMap<string, string>,
): Tag {
  const nav = frame.createElement('nav');
  nav.className = 'contents';
  nav.setAttribute('aria-label', 'Pages');
  const linkTo = (address: string) => {
    const link = frame.createElement('a');
    link.setAttribute('href', `#${names.get(address)}`);
    const title = pages.get(address)!.querySelector('h1')?.textContent ?? address;
    link.textContent = address.startsWith('data/') ? `Check of ${title}` : title;
    return link;
  };
  const classes = order.filter(isOfClass);
  nav.append(...order.filter((address) => !isOfClass(address)).map(linkTo));
  if (classes.length > 0) {
    // There may be hundreds.
    const fold = frame.createElement('details');
    const summary = frame.createElement('summary');
    summary.textContent = counted(classes.length, 'page of a class', 'pages of classes');
    const links = frame.createElement('div');
    links.className = 'contents';
    links.append(...classes.map(linkTo));
    fold.append(summary, links);
    nav.append(fold);
  }
  return nav;
}

const isOfClass = (address: string) => /^runs\/[^/]+\/classes\//.test(address);

/** Styles, scripts and policy of all pages. */
function finishFrame(frame: Page, styles: readonly string[], scripts: readonly string[]): void {
  for (const old of frame.querySelectorAll('head style, body > script')) old.remove();
  for (const text of [...styles, STYLE]) {
    const style = frame.createElement('style');
    style.textContent = text;
    frame.head.append(style);
  }
  for (const text of scripts) {
    const script = frame.createElement('script');
    script.textContent = text;
    frame.body.append(script);
  }
  frame.head.insertAdjacentHTML('beforeend', SINGLE_MARK);
  const hashes = scripts.map((text) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`);
  const policy = frame.querySelector('meta[http-equiv="Content-Security-Policy"]')!;
  const own = policy.getAttribute('content')!.replace(/script-src [^;]*/, `script-src ${hashes.join(' ')}`);
  policy.setAttribute('content', own);
}

/** Each page begins on a sheet of paper of its own. */
const STYLE = `
article + article { margin-top: 6rem; padding-top: 4rem; border-top: 3px solid var(--line) }
main > .contents { margin: 2rem 0 3rem }
main > .contents > details { flex-basis: 100%; margin: 0 }
main > .contents .contents { margin: 0.4rem 0 0 }
article { scroll-margin-top: 1rem }
.picture { display: block; width: 100%; height: auto }
.photo .picture { height: 100% }
.tile .picture { position: absolute; max-width: none }
@media print { article + article { break-before: page; margin: 0; padding: 0; border: 0 } }
`;

const textOf = ({ textContent }: { textContent: string | null }) => textContent ?? '';
const unique = (texts: readonly string[]) => [...new Set(texts)];
