// What a page gains with a script, and is whole without: sorting and filtering of tables, two runs to compare, buttons
// that copy, charts as SVG and tables as CSV. One classic script, so that it works from a file. What comes later (`sightline:content`) gains the
// same.
(() => {
  const make = (tag, properties) => Object.assign(document.createElement(tag), properties);

  const textOf = (cell) => cell?.dataset.sort ?? cell?.textContent.trim() ?? '';
  const order = (a, b) => {
    const [x, y] = [Number.parseFloat(a.replaceAll(',', '')), Number.parseFloat(b.replaceAll(',', ''))];
    return Number.isNaN(x) || Number.isNaN(y) ? a.localeCompare(b, undefined, { numeric: true }) : x - y;
  };

  /** The column of a heading in the body's rows: headings may span several. */
  const lastColumn = (heading) => {
    let column = -1;
    for (const each of heading.parentElement.cells) {
      column += each.colSpan;
      if (each === heading) return column;
    }
    return column;
  };

  // Says what a button did to who does not see it.
  const status = make('div', { className: 'unseen' });
  status.setAttribute('role', 'status');
  document.body.append(status);

  /** Whether the text is in the clipboard. The older way needs no permission and no secure page. */
  const copy = async (text) => {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch {
      const focused = document.activeElement;
      const field = make('textarea', { value: text, className: 'unseen' });
      document.body.append(field);
      field.select();
      const isCopied = document.execCommand('copy');
      field.remove();
      focused?.focus({ preventScroll: true });
      return isCopied;
    }
  };
  /** Adds a button that copies what the element says; where that is not allowed, it selects it. */
  const addCopyButton = (element, name) => {
    const text = element.textContent;
    const button = make('button', { type: 'button', className: 'copy', textContent: 'Copy' });
    button.setAttribute('aria-label', `Copy ${name}`);
    let timer;
    button.addEventListener('click', async () => {
      const isCopied = await copy(text);
      if (!isCopied) getSelection().selectAllChildren(element);
      button.textContent = isCopied ? 'Copied' : 'Selected';
      button.classList.add('done');
      status.textContent = `${button.textContent}: ${name}`;
      clearTimeout(timer);
      timer = setTimeout(() => {
        button.textContent = 'Copy';
        button.classList.remove('done');
        status.textContent = '';
      }, 1500);
    });
    element.append(button);
  };
  const saveButton = (what, name, content) => {
    const button = make('button', { type: 'button', className: 'save', textContent: what });
    button.setAttribute('aria-label', `Download ${name} as ${what}`);
    button.addEventListener('click', () => {
      const type = what === 'SVG' ? 'image/svg+xml' : 'text/csv';
      const url = URL.createObjectURL(new Blob([content()], { type }));
      const file = `${name.toLowerCase().replaceAll(/[^\p{L}\p{N}]+/gu, '-')}.${what.toLowerCase()}`;
      make('a', { href: url, download: file }).click();
      setTimeout(() => URL.revokeObjectURL(url), 1000);
    });
    return button;
  };

  /** The chart as a file of its own, in the colors and the font that the page gives it. */
  const standalone = (svg) => {
    const copy = svg.cloneNode(true);
    const [own, copies] = [
      [svg, ...svg.querySelectorAll('*')],
      [copy, ...copy.querySelectorAll('*')],
    ];
    for (const [i, element] of own.entries()) {
      for (const name of ['fill', 'stroke']) {
        if (/var\(|currentColor/.test(element.getAttribute(name) ?? ''))
          copies[i].setAttribute(name, getComputedStyle(element)[name]);
      }
    }
    copy.style.fontFamily = getComputedStyle(svg).fontFamily;
    copy.style.backgroundColor = getComputedStyle(document.documentElement).backgroundColor;
    return new XMLSerializer().serializeToString(copy);
  };

  /** A table as CSV (RFC 4180). What stands small beside a number, its interval, is a column of its own. */
  const csvOf = (table) => {
    const wordsOf = (cell, isSmall) => {
      const copy = cell.cloneNode(true);
      const small = [...copy.querySelectorAll('small')];
      for (const each of copy.querySelectorAll('small, input, .unseen')) each.remove();
      const words = isSmall ? small.map(({ textContent }) => textContent).join(' ') : copy.textContent;
      return words.trim().replaceAll(/\s+/g, ' ');
    };
    const hasSmall = new Set();
    for (const row of table.tBodies[0].rows) {
      for (const cell of row.cells) if (cell.querySelector('small')) hasSmall.add(cell.cellIndex);
    }
    const quoted = (words) => (/[",\n]/.test(words) ? `"${words.replaceAll('"', '""')}"` : words);
    const isShown = ({ classList }) => !classList.contains('left-out');
    const lines = [...table.rows].filter(isShown).map((row) =>
      [...row.cells].filter(isShown).flatMap((cell) => {
        const column = cell.cellIndex;
        if (cell.classList.contains('bar-cell')) return [];
        const words = quoted(wordsOf(cell, false));
        const isHead = row.parentElement === table.tHead;
        if (cell.colSpan > 1) return [words, ...Array.from({ length: cell.colSpan - 1 }, () => '')];
        if (!hasSmall.has(column)) return [words];
        return [words, isHead ? `${words} interval` : quoted(wordsOf(cell, true))];
      }),
    );
    return lines.map((cells) => `${cells.join(',')}\r\n`).join('');
  };

  // With more rows a table has a filter; with more than the most, the first are shown until all are asked for.
  const [FILTERED_ROWS, MOST_ROWS, FIRST_ROWS] = [8, 100, 30];

  const enhanced = new WeakSet();
  /** The elements that have gained nothing yet. */
  const fresh = (selector) =>
    [...document.querySelectorAll(selector)].filter((element) => !enhanced.has(element));

  function enhance() {
    for (const table of fresh('table.sortable')) {
      const body = table.tBodies[0];
      let show = () => {};
      for (const heading of table.tHead.rows[0].cells) {
        if (!heading.textContent.trim() || heading.querySelector('.unseen')) continue;
        const button = make('button', {
          type: 'button',
          className: 'sort',
          textContent: heading.textContent,
        });
        heading.replaceChildren(button);
        button.addEventListener('click', () => {
          const isRising = heading.getAttribute('aria-sort') === 'descending';
          for (const other of table.tHead.rows[0].cells) other.removeAttribute('aria-sort');
          heading.setAttribute('aria-sort', isRising ? 'ascending' : 'descending');
          const column = lastColumn(heading);
          const by = (a, b) => order(textOf(a.cells[column]), textOf(b.cells[column]));
          // Rows that are equal stay in their order both ways.
          body.append(...[...body.rows].sort(isRising ? by : (a, b) => by(b, a)));
          show();
        });
      }
      if (body.rows.length > FILTERED_ROWS) {
        const filter = make('input', { type: 'search', placeholder: 'Filter rows', className: 'filter' });
        filter.setAttribute('aria-label', 'Filter rows');
        const more = make('button', { type: 'button', className: 'show-all' });
        more.textContent = `Show all ${body.rows.length}`;
        let isWhole = body.rows.length <= MOST_ROWS;
        show = () => {
          const wanted = filter.value.toLowerCase();
          const isFolded = !isWhole && wanted === '';
          more.hidden = !isFolded;
          for (const [i, row] of [...body.rows].entries()) {
            row.hidden = !row.textContent.toLowerCase().includes(wanted);
            row.classList.toggle('folded', isFolded && i >= FIRST_ROWS);
          }
        };
        filter.addEventListener('input', show);
        more.addEventListener('click', () => {
          isWhole = true;
          show();
          body.rows[FIRST_ROWS].querySelector('a, input')?.focus();
        });
        table.closest('.scroll').before(filter);
        table.after(more);
        show();
      }
    }

    for (const table of fresh('table[data-pairs]')) {
      const pairs = JSON.parse(table.dataset.pairs);
      // One file has no page of several runs that an address could narrow down.
      const several = JSON.parse(table.dataset.compare ?? '{"runs":[]}');
      const link = make('a', { className: 'compare-link', hidden: true });
      const note = make('p', { className: 'note added', hidden: true });
      const rows = [...table.tBodies[0].rows];
      const boxes = new Map();
      const update = () => {
        const chosen = rows.filter((row) => boxes.get(row).checked).map(({ dataset }) => dataset);
        const names = chosen.map(({ run }) => run);
        const isThere = names.every((name) => several.runs.includes(name));
        const address =
          names.length === 2
            ? pairs[names.sort().join('|')]
            : names.length > 2 && isThere
              ? `${several.address}#runs=${names.map(encodeURIComponent).join(',')}`
              : undefined;
        link.hidden = address === undefined;
        link.textContent = names.length === 2 ? 'Compare the two' : `Compare the ${names.length}`;
        if (address) link.href = address;
        note.hidden = names.length < 2 || address !== undefined;
        note.textContent = note.hidden
          ? ''
          : `No page has these beside each other. Type: ${several.program} compare ${chosen.map(({ folder }) => folder).join(' ')}`;
      };
      for (const row of rows) {
        const box = make('input', { type: 'checkbox', className: 'choose' });
        box.setAttribute('aria-label', `Compare ${row.cells[0].querySelector('a').textContent}`);
        box.addEventListener('change', update);
        boxes.set(row, box);
        row.cells[0].prepend(box);
      }
      // A browser that goes back to the page has the boxes as they were left, without a change.
      addEventListener('pageshow', update);
      table.closest('.scroll').after(link, note);
    }
    for (const place of fresh('[data-choose-runs]')) {
      const asked = /^#runs=(.+)$/.exec(location.hash)?.[1].split(',').map(decodeURIComponent);
      const runs = JSON.parse(place.dataset.chooseRuns);
      const shown = new Set(runs.map(([slug]) => slug).filter((slug) => asked?.includes(slug) ?? true));
      const field = make('fieldset', { className: 'tools added' });
      field.append(make('legend', { textContent: 'Runs shown' }));
      const update = () => {
        for (const element of place.parentElement.querySelectorAll('[data-run]'))
          element.classList.toggle('left-out', !shown.has(element.dataset.run));
      };
      for (const [slug, name] of runs) {
        const box = make('input', { type: 'checkbox', checked: shown.has(slug), autocomplete: 'off' });
        const label = make('label', {});
        label.append(box, ` ${name}`);
        box.addEventListener('change', () => {
          if (box.checked) shown.add(slug);
          else shown.delete(slug);
          update();
        });
        field.append(label);
      }
      place.append(field);
      update();
    }
    for (const section of fresh('.filtered')) {
      const items = [...section.querySelectorAll('.mistake')];
      const choice = (name, text) => {
        const select = make('select', {});
        const counts = new Map();
        for (const { dataset } of items) counts.set(dataset[name], (counts.get(dataset[name]) ?? 0) + 1);
        const names = [...counts].sort(([a], [b]) => a.localeCompare(b, undefined, { numeric: true }));
        select.append(
          new Option('any', ''),
          ...names.map(([each, count]) => new Option(`${each} (${count})`, each)),
        );
        return {
          select,
          label: labeled(text, select),
          fits: ({ dataset }) => !select.value || dataset[name] === select.value,
        };
      };
      const labeled = (text, control) => {
        const label = make('label', {});
        label.append(`${text} `, control);
        return label;
      };
      const choices = [choice('label', 'True class'), choice('predicted', 'Predicted as')];
      const least = make('input', { type: 'range', min: 0, max: 1, step: 0.05, value: 0 });
      const shown = make('output', {});
      const tools = make('div', { className: 'tools added' });
      tools.append(...choices.map(({ label }) => label), labeled('Confidence from', least), shown);
      const groups = [...section.querySelectorAll('.pair-of-classes')];
      const openAtFirst = new Set(groups.filter(({ open }) => open));
      const all = make('button', { type: 'button', textContent: 'Unfold all' });
      all.addEventListener('click', () => {
        const isFolding = groups.every(({ open }) => open);
        for (const group of groups) group.open = !isFolding;
      });
      for (const group of groups)
        group.addEventListener('toggle', () => {
          all.textContent = groups.every(({ open }) => open) ? 'Fold all' : 'Unfold all';
        });
      tools.append(all);
      const update = () => {
        let count = 0;
        for (const item of items) {
          const fits = choices.every((each) => each.fits(item)) && +item.dataset.confidence >= +least.value;
          item.hidden = !fits;
          count += fits;
        }
        for (const group of groups) group.hidden = !group.querySelector('.mistake:not([hidden])');
        shown.textContent = `${(+least.value).toFixed(2)}: ${count} of ${items.length} images`;
      };
      tools.addEventListener('input', () => {
        update();
        // What is looked for is not to be unfolded by hand.
        const isFiltering = +least.value > 0 || choices.some(({ select }) => select.value);
        for (const group of groups) {
          group.open = isFiltering || openAtFirst.has(group);
          for (const more of group.querySelectorAll('.gallery + details')) more.open = isFiltering;
        }
      });
      update();
      section.querySelector('h2').after(tools);
    }

    for (const chart of fresh('.chart')) {
      const svg = chart.querySelector('svg');
      // Photographs in it would not come along.
      if (!svg || svg.querySelector('image')) continue;
      chart.append(saveButton('SVG', svg.getAttribute('aria-label'), () => standalone(svg)));
    }
    for (const table of fresh('.scroll > table')) {
      const place = table.parentElement;
      place.after(saveButton('CSV', place.getAttribute('aria-label') ?? 'Table', () => csvOf(table)));
    }

    for (const block of fresh('pre.command')) addCopyButton(block, 'the command');
    for (const path of fresh('code.path')) addCopyButton(path, `the path ${path.textContent}`);
    for (const element of document.querySelectorAll(
      'table, pre.command, code.path, .filtered, .chart, [data-choose-runs]',
    ))
      enhanced.add(element);
  }

  document.addEventListener('sightline:content', enhance);
  enhance();
})();
