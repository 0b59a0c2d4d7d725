// A page that is served while a network trains: it says how far the training is, and takes over what has changed in the
// report, section by section. Where the reader is, what is unfolded and what has the focus stay.
(() => {
  const { root, version: rendered } = document.documentElement.dataset;
  const events = new EventSource(`${root}live-events`);
  /** The report's state that this page shows. */
  let shown = Number(rendered);
  let updating = Promise.resolve();
  let said = '';

  events.onmessage = ({ data }) => {
    const { version, words, page, isDone } = JSON.parse(data);
    said = words;
    say();
    if (document.querySelector('[data-waiting]')) {
      if (page) location.replace(root + page);
      return;
    }
    if (version !== shown) {
      shown = version;
      updating = updating.then(update).catch(() => {});
    }
    if (isDone) updating.then(() => events.close());
  };

  function say() {
    for (const status of document.querySelectorAll('.live-status')) status.textContent = said;
  }

  /** The children of a page's main part, by what they are. */
  const parts = (main) =>
    [...main.children].map((element) => ({
      element,
      key: element.getAttribute('aria-labelledby') ?? element.className,
    }));
  /** What they were when they were last asked for. */
  let last = new Map();

  async function update() {
    const response = await fetch(location.href);
    if (!response.ok) return;
    const next = new DOMParser().parseFromString(await response.text(), 'text/html');
    const main = document.querySelector('main');
    const fresh = parts(next.querySelector('main'));
    const html = new Map(fresh.map(({ key, element }) => [key, element.outerHTML]));
    const present = new Map(parts(main).map(({ key, element }) => [key, element]));
    const anchor = firstInView(main);
    const top = anchor && present.get(anchor)?.getBoundingClientRect().top;
    const kept = fresh.map(({ key, element }) => {
      const old = present.get(key);
      if (old && last.get(key) === html.get(key)) return old;
      if (old) carryOver(old, element);
      return document.adoptNode(element);
    });
    const focus = focusIn(main);
    main.replaceChildren(...kept);
    say();
    focus?.();
    last = html;
    document.title = next.title;
    document.dispatchEvent(new CustomEvent('sightline:content'));
    const moved = anchor && parts(main).find(({ key }) => key === anchor);
    if (moved) scrollBy({ top: moved.element.getBoundingClientRect().top - top, behavior: 'instant' });
  }

  const firstInView = (main) =>
    parts(main).find(({ element }) => element.getBoundingClientRect().bottom > 0 && scrollY > 0)?.key;

  /** What the reader has unfolded stays so. */
  function carryOver(old, fresh) {
    const unfolded = [...old.querySelectorAll('details')].map(({ open }) => open);
    for (const [i, details] of [...fresh.querySelectorAll('details')].entries())
      details.open ||= unfolded[i] === true;
  }

  /** Gives the focus back to the element in the same place, if it was in the part that is replaced. */
  function focusIn(main) {
    const focused = document.activeElement;
    if (!main.contains(focused)) return undefined;
    const part = parts(main).find(({ element }) => element.contains(focused));
    const index = [...part.element.querySelectorAll(focused.tagName)].indexOf(focused);
    return () => {
      if (document.activeElement === focused) return;
      const again = parts(main).find(({ key }) => key === part.key)?.element;
      (index < 0 ? again : again?.querySelectorAll(focused.tagName)[index])?.focus({ preventScroll: true });
    };
  }
})();
