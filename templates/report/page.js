// The script of a page of a run. Everything that comes from the run is set as text, never as HTML.
(() => {
  'use strict';
  const byId = (id) => document.getElementById(id);
  const { images, timeline } = JSON.parse(byId('data').textContent);
  const lastLines = 200;
  const step = 100;

  /** An element with attributes and children; a text is a text node. */
  function element(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      made.setAttribute(key, value);
    }
    made.append(...children);
    return made;
  }

  // --- Light and dark -------------------------------------------------------------------------------------------

  const stored = 'generate-bake-theme';
  function theme() {
    try {
      return localStorage.getItem(stored);
    } catch {
      return null;
    }
  }
  function setTheme(name) {
    document.documentElement.dataset.theme = name;
    try {
      localStorage.setItem(stored, name);
    } catch {
      // A browser may refuse storage to files.
    }
  }
  function otherTheme() {
    const system = matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light';
    const now = document.documentElement.dataset.theme ?? system;
    setTheme(now === 'dark' ? 'light' : 'dark');
  }
  const known = theme();
  if (known === 'dark' || known === 'light') {
    document.documentElement.dataset.theme = known;
  }

  // --- One image ------------------------------------------------------------------------------------------------

  function linkTo({ name, image, digest }) {
    const shown = image === undefined ? name : element('a', { href: `#i${image}` }, name);
    const parts = [shown];
    if (digest) {
      parts.push(' ', element('code', { title: digest }, digest.replace(/^(\w+:.{12}).*$/, '$1')));
    }
    return parts;
  }

  function fact(list, label, ...content) {
    list.append(element('dt', {}, label), element('dd', {}, ...content));
  }

  /** What is below the line of an image; filled when it is opened. */
  function fill(more, at) {
    const image = images[at];
    const list = element('dl', { class: 'facts' });
    const isFailed = image.ending === 'failed';
    if (image.why.length > 0) {
      const lines = element('ul');
      for (const text of image.why) {
        lines.append(element('li', {}, text));
      }
      fact(list, 'Why', lines);
    }
    if (image.chain) {
      const way = image.chain.flatMap((link, place) => [place === 0 ? '' : ' → ', ...linkTo(link)]);
      fact(list, 'Blocked by', ...way);
    }
    for (const [label, text] of image.facts) {
      // The HTML of what failed has these already.
      if (!isFailed || (label !== 'Place' && label !== 'Reason')) {
        fact(list, label, text);
      }
    }
    if (image.parents.length > 0) {
      const lines = element('ul');
      for (const parent of image.parents) {
        lines.append(element('li', {}, ...linkTo(parent)));
      }
      fact(list, image.parents.length === 1 ? 'Parent' : 'Parents', lines);
    }
    if (image.log && !image.log.here) {
      fact(list, 'Log', element('code', {}, image.log.path));
    }
    more.append(list);
    if (image.log?.here) {
      more.append(logOf(image, at));
    }
  }

  function logOf(image, at) {
    const title = image.log.whole ? 'Log' : `Log: the last ${lastLines} lines`;
    const box = element('details', { class: 'inner' }, element('summary', {}, title, element('code', {}, image.log.path)));
    box.addEventListener('toggle', () => showLog(box, image, at), { once: true });
    return box;
  }

  async function showLog(box, image, at) {
    const pre = element('pre', { class: 'log', tabindex: '0', 'aria-label': `Log of ${image.name}` });
    box.append(pre);
    let lines;
    try {
      lines = (await unpack(byId(`log${at}`).textContent)).split('\n');
    } catch {
      pre.textContent = 'This browser cannot read the log.';
      return;
    }
    const more = lines.length - lastLines;
    showLines(pre, lines.slice(-lastLines));
    pre.scrollTop = pre.scrollHeight;
    if (more > 0) {
      const button = element('button', { type: 'button' }, `Show all ${lines.length} lines`);
      button.addEventListener('click', () => {
        button.remove();
        showLines(pre, lines);
        pre.focus();
      });
      box.insertBefore(button, pre);
    }
  }

  /** Lines that the program wrote, and not what it ran, begin with two signs. */
  function showLines(pre, lines) {
    if (lines.length > 20_000) {
      pre.textContent = lines.join('\n');
      return;
    }
    const parts = lines.flatMap((line) => [line.startsWith('== ') ? element('b', {}, line) : line, '\n']);
    pre.replaceChildren(...parts);
  }

  async function unpack(base64) {
    const bytes = Uint8Array.from(atob(base64.trim()), (character) => character.charCodeAt(0));
    const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('gzip'));
    return new Response(stream).text();
  }

  function card(at) {
    const image = images[at];
    const row = element(
      'summary',
      { class: 'row' },
      element('span', { class: `dot ${image.ending}`, 'aria-hidden': 'true' }),
      element('span', { class: 'name' }, image.name, element('span', { class: 'version' }, `:${image.version}`)),
      element('span', { class: 'line', title: image.line }, image.line),
    );
    if (image.critical) {
      row.append(element('span', { class: 'tag', title: 'On the chain of images that took longest' }, 'longest chain'));
    }
    if (image.delta) {
      row.append(element('span', { class: 'delta', title: 'Size against the version before' }, image.delta));
    }
    if (image.took) {
      row.append(element('span', { class: 'took' }, image.took));
    }
    const more = element('div', { class: 'more' });
    const made = element('details', { class: 'card', id: `i${at}`, 'data-image': at }, row, element('div', { class: 'body' }, more));
    onOpen(made, more, at);
    return made;
  }

  function onOpen(box, more, at) {
    const open = () => {
      if (box.open && more.childElementCount === 0) {
        fill(more, at);
      }
    };
    box.addEventListener('toggle', open);
    open();
  }

  // --- Groups ---------------------------------------------------------------------------------------------------

  const titles = {
    skipped: 'Skipped',
    unfinished: 'Not finished',
    published: 'Published',
    built: 'Built',
    untouched: 'Nothing to do',
  };
  const groups = [];
  for (const [ending, title] of Object.entries(titles)) {
    const members = images.flatMap((image, at) => (image.ending === ending ? [at] : []));
    if (members.length > 0) {
      groups.push(groupOf(ending, title, members));
    }
  }

  function groupOf(ending, title, members) {
    const number = element('span', { class: 'number' });
    const list = element('div', { class: 'list' });
    const button = element('button', { type: 'button' });
    const box = element(
      'details',
      { class: 'group', id: `group-${ending}` },
      element('summary', { class: 'title' }, element('h2', {}, `${title} `, number)),
      list,
      button,
    );
    const group = { ending, members, matching: members, shown: 0, box, list, number, button };
    button.addEventListener('click', () => showMore(group));
    box.addEventListener('toggle', () => {
      if (box.open && group.shown === 0) {
        showMore(group);
      }
    });
    box.open = ending !== 'untouched' || images.length === members.length;
    byId('images').append(box);
    return group;
  }

  function showMore(group, until = group.shown + step) {
    const { matching, list, button } = group;
    const end = Math.min(until, matching.length);
    const made = document.createDocumentFragment();
    for (const at of matching.slice(group.shown, end)) {
      made.append(card(at));
    }
    list.append(made);
    group.shown = Math.max(group.shown, end);
    const left = matching.length - group.shown;
    button.hidden = left <= 0;
    button.textContent = left <= step ? `Show ${left} more` : `Show ${step} of ${left} more`;
  }

  // --- Search ---------------------------------------------------------------------------------------------------

  const search = byId('search');
  const texts = images.map((image) =>
    [image.name, image.version, image.owner ?? '', image.why.join(' '), image.line].join(' ').toLowerCase(),
  );

  function matches(at, words) {
    return words.every((word) =>
      word.startsWith('is:') ? images[at].ending.startsWith(word.slice(3)) : texts[at].includes(word),
    );
  }

  function filter() {
    const words = search.value.toLowerCase().split(/\s+/).filter((word) => word !== '');
    let count = 0;
    for (const box of document.querySelectorAll('#group-failed > .card')) {
      const at = box.dataset.image;
      box.hidden = at === undefined ? words.length > 0 && !words.includes('is:failed') : !matches(at, words);
      count += box.hidden ? 0 : 1;
    }
    for (const group of groups) {
      group.matching = words.length === 0 ? group.members : group.members.filter((at) => matches(at, words));
      group.shown = 0;
      group.list.replaceChildren();
      group.box.hidden = group.matching.length === 0;
      group.number.textContent = group.matching.length;
      group.button.hidden = true;
      count += group.matching.length;
      if (words.length > 0 && group.matching.length > 0) {
        group.box.open = true;
      }
      if (group.box.open) {
        showMore(group);
      }
    }
    const failed = byId('group-failed');
    if (failed) {
      failed.hidden = failed.querySelector(':scope > .card:not([hidden])') === null;
    }
    byId('nothing').hidden = count > 0;
    byId('found').textContent = words.length === 0 ? '' : `${count} of ${images.length}`;
  }

  let waiting;
  search.addEventListener('input', () => {
    clearTimeout(waiting);
    waiting = setTimeout(filter, images.length > 2_000 ? 150 : 0);
  });

  // --- Where to go ----------------------------------------------------------------------------------------------

  function reveal(at) {
    if (images[at] === undefined) {
      return;
    }
    const group = groups.find(({ ending }) => ending === images[at].ending);
    if (search.value !== '') {
      search.value = '';
      filter();
    }
    if (group) {
      const place = group.matching.indexOf(at);
      if (place >= group.shown) {
        showMore(group, place + 1);
      }
      group.box.open = true;
    }
    const box = byId(`i${at}`);
    box.open = true;
    box.scrollIntoView({ block: 'start' });
    box.querySelector('summary').focus({ preventScroll: true });
  }

  function followHash() {
    const image = /^#i(\d+)$/.exec(location.hash);
    const group = /^#group-(\w+)$/.exec(location.hash);
    if (image) {
      reveal(Number(image[1]));
    } else if (group && byId(`group-${group[1]}`)) {
      const box = byId(`group-${group[1]}`);
      box.open = true;
      box.scrollIntoView();
    }
  }
  addEventListener('hashchange', followHash);
  // The same link again changes no hash.
  document.addEventListener('click', ({ target }) => {
    const link = target.closest?.('a[href^="#"]');
    if (link && link.getAttribute('href') === location.hash) {
      followHash();
    }
  });

  // --- Keys -----------------------------------------------------------------------------------------------------

  function visibleRows() {
    return [...document.querySelectorAll('details.card > summary')].filter((row) => row.checkVisibility());
  }

  function move(by) {
    const current = document.activeElement.closest?.('.card')?.querySelector('summary');
    let rows = visibleRows();
    let next = current ? rows.indexOf(current) + by : by > 0 ? 0 : -1;
    if (by > 0 && current) {
      const group = groups.find(({ list }) => list.lastElementChild?.contains(current));
      if (group && group.shown < group.matching.length) {
        showMore(group);
        rows = visibleRows();
        next = rows.indexOf(current) + 1;
      }
    }
    const row = rows[Math.max(0, Math.min(next, rows.length - 1))];
    if (row && next >= 0) {
      row.focus();
      row.scrollIntoView({ block: 'nearest' });
    }
  }

  function openLog() {
    const box = document.activeElement.closest?.('.card');
    if (box) {
      box.open = true;
      // What is below it comes with the event of opening.
      requestAnimationFrame(() => {
        const log = box.querySelector('.inner');
        if (log) {
          log.open = true;
          log.querySelector('summary').focus();
        }
      });
    }
  }

  const keys = byId('keys');
  document.addEventListener('keydown', (event) => {
    const { key, target } = event;
    if (event.ctrlKey || event.metaKey || event.altKey || keys.open) {
      return;
    }
    if (target === search) {
      if (key === 'Escape') {
        search.value = '';
        filter();
        search.blur();
      } else if (key === 'Enter' || key === 'ArrowDown') {
        event.preventDefault();
        visibleRows()[0]?.focus();
      }
      return;
    }
    const isRow = target.matches?.('summary.row');
    const actions = {
      '/': () => {
        search.focus();
        search.select();
      },
      '?': () => keys.showModal(),
      j: () => move(1),
      k: () => move(-1),
      l: openLog,
      t: otherTheme,
      ...(isRow ? { ArrowDown: () => move(1), ArrowUp: () => move(-1) } : {}),
    };
    if (Object.hasOwn(actions, key)) {
      event.preventDefault();
      actions[key]();
    }
  });
  byId('theme').addEventListener('click', otherTheme);
  byId('help').addEventListener('click', () => keys.showModal());

  // --- Timeline -------------------------------------------------------------------------------------------------

  const svgName = 'http://www.w3.org/2000/svg';
  function shape(name, attributes, ...children) {
    const made = document.createElementNS(svgName, name);
    for (const [key, value] of Object.entries(attributes)) {
      made.setAttribute(key, value);
    }
    made.append(...children);
    return made;
  }

  /** As many images have a row each, with their name before it. */
  const mostNamed = 40;
  const height = 20;
  const head = 24;

  function drawTimeline() {
    const place = byId('timeline');
    const space = place.clientWidth;
    const drawn = timeline.builders.map(({ builder, rows }) => {
      const bars = rows.flat();
      const isNamed = bars.length <= mostNamed;
      const lines = isNamed ? bars.toSorted((a, b) => a[1][0][1] - b[1][0][1]).map((bar) => [bar]) : rows;
      return pictureOf(builder, lines, { space, isNamed });
    });
    place.replaceChildren(...drawn);
  }

  function pictureOf(builder, rows, { space, isNamed }) {
    const names = isNamed ? rows.map(([[at]]) => images[at].name) : [];
    const longest = Math.max(0, ...names.map((name) => name.length));
    const left = isNamed ? Math.min(longest * 6.6 + 22, space * 0.4, 240) : 12;
    const width = Math.max(space, isNamed ? 480 : 640);
    const scale = (width - left - 28) / timeline.length;
    const x = (time) => left + time * scale;
    const full = head + rows.length * height + 8;
    const svg = shape('svg', { width, height: full, role: 'img', 'aria-label': `What ran when on builder ${builder}` });
    for (const [time, text] of timeline.ticks) {
      svg.append(
        shape('line', { class: 'grid', x1: x(time), x2: x(time), y1: head - 4, y2: full }),
        shape('text', { class: 'tick', x: x(time), y: 14, 'text-anchor': 'middle' }, text),
      );
    }
    for (const [line, bars] of rows.entries()) {
      for (const bar of bars) {
        svg.append(barOf(bar, { x, y: head + line * height, left, isNamed }));
      }
    }
    return svg;
  }

  function barOf([at, segments], { x, y, left, isNamed }) {
    const image = images[at];
    const from = segments[0][1];
    const to = Math.max(...segments.map((each) => each[2]));
    const width = Math.max(2, x(to) - x(from));
    const group = shape('g', { class: 'image' });
    group.append(
      shape('title', {}, `${image.name}:${image.version}, ${image.ending}${image.took ? `, ${image.took}` : ''}`),
      shape('rect', { class: 'bar-line', x: x(from), y: y + 8, width, height: 4, rx: 2 }),
    );
    const bad = image.ending === 'failed' ? segments.at(-1) : undefined;
    for (const segment of segments) {
      const [kind, begin, end] = segment;
      group.append(
        shape('rect', { class: segment === bad ? 'bad' : kind, x: x(begin), y: y + 3, width: Math.max(2, (end - begin) * (x(1) - x(0))), height: 14, rx: 2 }),
      );
    }
    if (image.critical) {
      group.append(shape('rect', { class: 'outline', x: x(from) - 1, y: y + 2, width: width + 2, height: 16, rx: 3 }));
    }
    const room = Math.floor((isNamed ? left - 16 : width - 8) / 6.4);
    if (room >= 4) {
      const name = image.name.length > room ? `${image.name.slice(0, room - 1)}…` : image.name;
      const where = isNamed ? { x: left - 8, 'text-anchor': 'end' } : { x: x(from) + 4 };
      const isOnBad = bad === segments[0] && !isNamed;
      group.append(shape('text', { ...where, ...(isOnBad ? { class: 'on-bad' } : {}), y: y + 14 }, name));
    }
    group.addEventListener('click', () => {
      location.hash = `#i${at}`;
      reveal(at);
    });
    return group;
  }

  // --- Begin ----------------------------------------------------------------------------------------------------

  byId('bar').hidden = false;
  for (const box of document.querySelectorAll('#group-failed > details.card')) {
    onOpen(box, box.querySelector('.more'), Number(box.dataset.image));
  }
  filter();
  if (timeline.length > 0) {
    byId('timeline-part').hidden = false;
    drawTimeline();
    let resizing;
    addEventListener('resize', () => {
      clearTimeout(resizing);
      resizing = setTimeout(drawTimeline, 100);
    });
  }
  addEventListener('beforeprint', () => {
    for (const group of groups.filter(({ box }) => box.open && !box.hidden)) {
      showMore(group, 2_000);
    }
  });
  followHash();
})();
