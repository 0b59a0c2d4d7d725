// What the map of images gains with a script: zooming and moving, more thumbnails the closer one looks, one class or the
// mistakes alone, and the image under the pointer larger, with its words.
(() => {
  const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

  const SVG = 'http://www.w3.org/2000/svg';
  const make = (tag, properties) => Object.assign(document.createElement(tag), properties);
  const shape = (tag, attributes) => {
    const element = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    return element;
  };

  for (const frame of document.querySelectorAll('.map-frame')) {
    const { classes, side, columns, folder, photos } = JSON.parse(frame.querySelector('script').textContent);
    // The wide map's dots say all there is to say, in the order of the sheet.
    const items = [...frame.querySelector('svg.map').querySelectorAll('.dots circle')].map((dot, i) => ({
      label: +dot.dataset.k,
      wrong: dot.classList.contains('wrong'),
      words: dot.textContent,
      photo: photos[i],
    }));
    const card = make('div', { className: 'map-card', hidden: true });
    const select = make('select', {});
    const mistakes = make('input', { type: 'checkbox' });
    const tools = make('div', { className: 'map-tools added' });
    const labeled = (text, control) => {
      const label = make('label', {});
      label.append(text, ' ', control);
      return label;
    };
    const maps = [...frame.querySelectorAll('svg.map')].map((svg) => openMap(svg));
    const redraw = () => {
      for (const map of maps) map.draw();
    };
    const button = (text, name, zoom) => {
      const made = make('button', { type: 'button', textContent: text });
      made.setAttribute('aria-label', name);
      made.addEventListener('click', () => {
        for (const map of maps) zoom(map);
      });
      return made;
    };
    select.append(new Option('all', ''));
    const byName = classes.map((name, k) => [name, k]).sort(([a], [b]) => a.localeCompare(b));
    select.append(...byName.map(([name, k]) => new Option(name, k)));
    tools.append(
      button('+', 'Zoom in', (map) => map.zoom(0.6)),
      button('−', 'Zoom out', (map) => map.zoom(1 / 0.6)),
      button('Whole map', 'Show the whole map', (map) => map.reset()),
      labeled('Class', select),
      labeled('Mistakes only', mistakes),
    );
    select.addEventListener('change', redraw);
    mistakes.addEventListener('change', redraw);
    frame.prepend(tools);
    frame.append(card);

    function isShown(i) {
      return (
        (select.value === '' || items[i].label === +select.value) && (!mistakes.checked || items[i].wrong)
      );
    }

    function openMap(svg) {
      const [width, height] = [svg.viewBox.baseVal.width, svg.viewBox.baseVal.height];
      const dots = [...svg.querySelectorAll('.dots circle')];
      const group = svg.querySelector('.thumbnails');
      const names = svg.querySelector('.names');
      const sheet = svg.querySelector('image').id;
      const first = group.querySelector('rect');
      const size = first ? first.width.baseVal.value : 28;
      const places = dots.map((dot) => [dot.cx.baseVal.value, dot.cy.baseVal.value]);
      const radii = dots.map((dot) => dot.r.baseVal.value);
      const colors = dots.map((dot) => dot.getAttribute('fill'));
      const order = places.map((_, i) => i).sort((a, b) => hash(a) - hash(b));
      let view = { x: 0, y: 0, scale: 1 };

      const draw = () => {
        const { x, y, scale } = view;
        svg.setAttribute('viewBox', `${x} ${y} ${width * scale} ${height * scale}`);
        dots.forEach((dot, i) => {
          dot.setAttribute('r', radii[i] * scale);
          if (items[i].wrong) dot.setAttribute('stroke-width', 0.4 * radii[i] * scale);
          dot.style.opacity = isShown(i) ? 1 : 0.12;
        });
        names.style.display = scale === 1 && select.value === '' ? '' : 'none';
        const gap = (size + 2) * scale;
        const chosen = [];
        for (const i of order) {
          const [u, v] = places[i];
          const isInside =
            u > x - gap && u < x + width * scale + gap && v > y - gap && v < y + height * scale + gap;
          if (!isInside || !isShown(i)) continue;
          if (chosen.every((k) => Math.abs(places[k][0] - u) >= gap || Math.abs(places[k][1] - v) >= gap))
            chosen.push(i);
        }
        const own = size * scale;
        group.replaceChildren(
          ...chosen.map((i) => {
            const [u, v] = places[i];
            const at = { x: u - own / 2, y: v - own / 2, width: own, height: own };
            const viewBox = `${(i % columns) * side} ${Math.trunc(i / columns) * side} ${side} ${side}`;
            const picture = shape('svg', { ...at, viewBox });
            picture.append(shape('use', { href: `#${sheet}` }));
            const stroke = items[i].wrong ? 'var(--red)' : (colors[i] ?? 'var(--paper)');
            const each = shape('g', {});
            each.append(
              picture,
              shape('rect', {
                ...at,
                fill: 'none',
                stroke,
                'stroke-width': (items[i].wrong ? 2.5 : 1) * scale,
              }),
            );
            return each;
          }),
        );
      };

      /** Zooms around a place of the map; around its middle where none is given. */
      const zoom = (factor, at = [view.x + (width * view.scale) / 2, view.y + (height * view.scale) / 2]) => {
        const scale = Math.min(1, Math.max(0.02, view.scale * factor));
        const by = scale / view.scale;
        move(at[0] - (at[0] - view.x) * by, at[1] - (at[1] - view.y) * by, scale);
      };
      const move = (x, y, scale = view.scale) => {
        const within = (value, whole) => Math.min(Math.max(value, 0), whole * (1 - scale));
        view = { x: within(x, width), y: within(y, height), scale };
        svg.style.cursor = scale < 1 ? 'grab' : '';
        svg.style.touchAction = scale < 1 ? 'none' : '';
        draw();
      };
      const placeOf = ({ clientX, clientY }) => {
        const box = svg.getBoundingClientRect();
        const unit = (width * view.scale) / box.width;
        return [view.x + (clientX - box.left) * unit, view.y + (clientY - box.top) * unit, unit];
      };

      svg.addEventListener('dblclick', (event) => zoom(0.5, placeOf(event)));
      svg.addEventListener(
        'wheel',
        (event) => {
          // Alone, the wheel scrolls the page; a pinch on a touchpad comes with the key.
          if (!event.ctrlKey && !event.metaKey) return;
          event.preventDefault();
          zoom(event.deltaY < 0 ? 0.85 : 1 / 0.85, placeOf(event));
        },
        { passive: false },
      );
      let held;
      svg.addEventListener('pointerdown', (event) => {
        if (view.scale === 1) return;
        held = { event, view };
        svg.setPointerCapture(event.pointerId);
      });
      svg.addEventListener('pointerup', () => {
        held = undefined;
      });
      svg.addEventListener('pointermove', (event) => {
        const [x, y, unit] = placeOf(event);
        if (held) {
          const { event: from, view: before } = held;
          move(
            before.x - (event.clientX - from.clientX) * unit,
            before.y - (event.clientY - from.clientY) * unit,
          );
          return;
        }
        let nearest = -1;
        let least = (size * unit) / 1.6;
        places.forEach(([u, v], i) => {
          const distance = Math.hypot(u - x, v - y);
          if (distance < least && isShown(i)) [nearest, least] = [i, distance];
        });
        show(nearest, event);
      });
      svg.addEventListener('pointerleave', () => show(-1));
      // Zooming is for the buttons; what is seen of the map, for the arrows.
      svg.tabIndex = 0;
      svg.addEventListener('keydown', (event) => {
        if (event.key === 'Escape') show(-1);
        const way = ARROWS[event.key];
        if (!way || view.scale === 1) return;
        event.preventDefault();
        const step = (width * view.scale) / 8;
        move(view.x + way[0] * step, view.y + way[1] * step);
      });
      return { draw, zoom, reset: () => move(0, 0, 1) };
    }

    function show(i, event) {
      card.hidden = i < 0;
      if (i < 0) return;
      const { wrong, words, photo } = items[i];
      const tile = make('span', { className: 'map-picture' });
      const sheet = frame.querySelector('svg.map image').getAttribute('href');
      tile.style.background = `url("${encodeURI(sheet)}") -${(i % columns) * side}px -${Math.trunc(i / columns) * side}px`;
      tile.style.width = tile.style.height = `${side}px`;
      const picture = photo ? make('img', { className: 'map-picture', src: folder + photo, alt: '' }) : tile;
      picture.addEventListener('error', () => picture.replaceWith(tile));
      // "daisy predicted as tulips: validation/daisy/1.jpg"; a path has no ": ".
      const end = words.lastIndexOf(': ');
      card.replaceChildren(
        picture,
        make('b', { textContent: words.slice(0, end), className: wrong ? 'wrong' : '' }),
        make('code', { textContent: words.slice(end + 2) }),
      );
      const box = frame.getBoundingClientRect();
      const left = event.clientX - box.left + 16;
      card.style.left = `${Math.max(0, left + card.offsetWidth > box.width ? left - card.offsetWidth - 32 : left)}px`;
      card.style.top = `${event.clientY - box.top + 16}px`;
    }
  }

  /** Knuth's multiplicative hash: an order that favors no class. */
  function hash(i) {
    return Math.imul(i + 1, 2654435761) >>> 0;
  }
})();
