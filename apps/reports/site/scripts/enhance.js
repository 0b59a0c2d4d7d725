// What a page gains with a script, and is whole without: sorting and filtering of tables, two runs to compare, and
// buttons that copy. One classic script, so that it works from a file. What comes later (`sightline:content`) gains the
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

  const copyButton = (text) => {
    const button = make('button', { type: 'button', className: 'copy', textContent: 'Copy' });
    button.addEventListener('click', async () => {
      await navigator.clipboard.writeText(text);
      button.textContent = 'Copied';
      setTimeout(() => (button.textContent = 'Copy'), 1500);
    });
    return button;
  };
  const enhanced = new WeakSet();
  /** The elements that have gained nothing yet. */
  const fresh = (selector) =>
    [...document.querySelectorAll(selector)].filter((element) => !enhanced.has(element));

  function enhance() {
    for (const table of fresh('table.sortable')) {
      const body = table.tBodies[0];
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
          const rows = [...body.rows].sort((a, b) => order(textOf(a.cells[column]), textOf(b.cells[column])));
          body.append(...(isRising ? rows : rows.reverse()));
        });
      }
      if (body.rows.length > 8) {
        const filter = make('input', { type: 'search', placeholder: 'Filter rows', className: 'filter' });
        filter.setAttribute('aria-label', 'Filter rows');
        filter.addEventListener('input', () => {
          const wanted = filter.value.toLowerCase();
          for (const row of body.rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
        });
        table.closest('.scroll').before(filter);
      }
    }

    for (const table of fresh('table[data-pairs]')) {
      const pairs = JSON.parse(table.dataset.pairs);
      const link = make('a', { className: 'compare-link', hidden: true, textContent: 'Compare the two' });
      const chosen = new Set();
      for (const row of table.tBodies[0].rows) {
        const box = make('input', { type: 'checkbox', className: 'choose' });
        box.setAttribute('aria-label', `Compare ${row.cells[0].querySelector('a').textContent}`);
        box.addEventListener('change', () => {
          if (box.checked) chosen.add(row.dataset.run);
          else chosen.delete(row.dataset.run);
          const address = chosen.size === 2 ? pairs[[...chosen].sort().join('|')] : undefined;
          link.hidden = address === undefined;
          if (address) link.href = address;
        });
        row.cells[0].prepend(box);
      }
      table.closest('.scroll').after(link);
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
      const update = () => {
        let count = 0;
        for (const item of items) {
          const fits = choices.every((each) => each.fits(item)) && +item.dataset.confidence >= +least.value;
          item.hidden = !fits;
          count += fits;
        }
        for (const group of section.querySelectorAll('.pair-of-classes'))
          group.hidden = !group.querySelector('.mistake:not([hidden])');
        shown.textContent = `${least.value}: ${count} of ${items.length}`;
      };
      tools.addEventListener('input', update);
      update();
      section.querySelector('h2').after(tools);
    }

    // Browsers give the clipboard to secure pages alone; a file is none.
    if (navigator.clipboard)
      for (const block of fresh('pre.command')) block.append(copyButton(block.textContent));
    for (const element of document.querySelectorAll('table, pre.command, .filtered')) enhanced.add(element);
  }

  document.addEventListener('click', (event) => {
    const path = event.target.closest?.('code.path');
    if (path) navigator.clipboard?.writeText(path.textContent).then(() => path.classList.add('copied'));
  });
  document.addEventListener('sightline:content', enhance);
  enhance();
})();
