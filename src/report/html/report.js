'use strict';
// Everything that was read comes in as text and stays text: nodes are made by `make`, which knows
// no markup. A case's exchanges are parsed and shown when the case is first opened.
(() => {
  const SHOWN = 20000;
  const cases = [...document.querySelectorAll('details.case')];
  const $ = (selector, within = document) => within.querySelector(selector);

  function make(name, options, ...children) {
    const node = document.createElement(name);
    for (const [key, value] of Object.entries(options || {})) {
      if (key === 'class') node.className = value;
      else node.setAttribute(key, value);
    }
    node.append(...children.filter((child) => child !== null));
    return node;
  }

  // The pictures of control characters, as everywhere in the report.
  function visible(text) {
    return String(text).replace(/\r\n/g, '\n').replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufdd0-\ufdef\ufffe\uffff]/g, (c) => {
      const code = c.charCodeAt(0);
      if (code < 0x20) return String.fromCharCode(0x2400 + code);
      return code === 0x7f ? '\u2421' : '\\u{' + code.toString(16) + '}';
    });
  }
  const bdi = (text) => make('bdi', {}, visible(text));
  const code = (text) => make('code', { dir: 'auto' }, visible(text));

  function time(ms) {
    if (!(ms > 0)) return '0.0 ms';
    if (ms < 9.95) return ms.toFixed(1) + ' ms';
    if (ms < 999.5) return ms.toFixed(0) + ' ms';
    return (ms / 1000).toFixed(2) + ' s';
  }

  // JSON is laid out as it was sent, token by token: parsing it would change long numbers.
  const TOKEN = /\s+|"(?:[^"\\]|\\[^])*"|-?\d[\d.eE+-]*|true|false|null|[{}[\],:]/gy;
  function tokens(text) {
    const found = [];
    TOKEN.lastIndex = 0;
    while (TOKEN.lastIndex < text.length) {
      const match = TOKEN.exec(text);
      if (!match) return null;
      if (match[0].trim()) found.push(match[0]);
    }
    return found;
  }

  function isJson(text) {
    if (!/^\s*[{[]/.test(text)) return false;
    try { JSON.parse(text); return true; } catch { return false; }
  }

  function json(into, text) {
    const found = isJson(text) ? tokens(text) : null;
    if (!found) { into.append(visible(text)); return; }
    let depth = 0;
    let plain = '';
    const flush = () => { if (plain) { into.append(plain); plain = ''; } };
    const line = () => { plain += '\n' + '  '.repeat(Math.min(depth, 64)); };
    const paint = (kind, token) => { flush(); into.append(make('span', { class: kind, dir: kind === 's' ? 'auto' : 'ltr' }, visible(token))); };
    found.forEach((token, at) => {
      const next = found[at + 1];
      if (token === '{' || token === '[') {
        plain += token;
        if (next !== '}' && next !== ']') { depth += 1; line(); }
      } else if (token === '}' || token === ']') {
        const before = found[at - 1];
        if (before !== '{' && before !== '[') { depth -= 1; line(); }
        plain += token;
      } else if (token === ',') { plain += ','; line(); }
      else if (token === ':') plain += ': ';
      else if (token[0] === '"') paint(next === ':' ? 'k' : 's', token);
      else paint(/[\d-]/.test(token[0]) ? 'n' : 'l', token);
    });
    flush();
  }

  function size(text) {
    return text.length < 10000 ? text.length + ' characters' : (text.length / 1000).toFixed(0) + ',000 characters';
  }

  function body(message) {
    if (!message.body) return null;
    const text = message.body;
    const pre = make('pre', { dir: 'auto', tabindex: '0' });
    const all = make('div', {}, pre);
    if (message.base64) pre.append(visible(text.slice(0, SHOWN)));
    else if (text.length <= SHOWN) { pre.dir = isJson(text) ? 'ltr' : 'auto'; json(pre, text); }
    else pre.append(visible(text.slice(0, SHOWN)) + '…');
    if (text.length > SHOWN) {
      const whole = make('button', { type: 'button', class: 'whole' }, 'Show all ' + size(text));
      whole.addEventListener('click', () => { pre.textContent = ''; if (message.base64) pre.append(text); else json(pre, text); whole.remove(); });
      all.append(whole);
    }
    const notes = [message.base64 && 'The bytes are no UTF-8: this is their base64.', message.cutFrom && 'Cut; it has ' + message.cutFrom + ' bytes in all.'];
    for (const note of notes.filter(Boolean)) all.append(make('p', { class: 'muted' }, note));
    return all;
  }

  function headers(list) {
    if (!list.length) return null;
    const rows = list.map(([name, value]) => make('tr', {}, make('th', { scope: 'row' }, bdi(name)), make('td', {}, bdi(value))));
    const count = list.length === 1 ? '1 header field' : list.length + ' header fields';
    return make('details', { class: 'headers' }, make('summary', {}, count), make('table', {}, make('tbody', {}, ...rows)));
  }

  function message(raw) {
    const given = { headers: raw.headers || [], body: raw.body || '', base64: raw.base64, cutFrom: raw['cut-from'] };
    return [headers(given.headers), body(given)];
  }

  function copied(button, done) {
    button.textContent = done ? 'Copied' : 'Select and copy';
    setTimeout(() => { button.textContent = 'Copy'; }, 1600);
  }

  function curl(text) {
    const pre = make('pre', { tabindex: '0', dir: 'ltr' }, visible(text));
    const button = make('button', { type: 'button', class: 'copy', 'aria-label': 'Copy the curl line' }, 'Copy');
    button.addEventListener('click', () => {
      const select = () => { getSelection().selectAllChildren(pre); return false; };
      if (!navigator.clipboard) { copied(button, select()); return; }
      navigator.clipboard.writeText(text).then(() => copied(button, true), () => copied(button, select()));
    });
    return make('div', { class: 'curl' }, pre, button);
  }

  function exchange(sent) {
    const nodes = [make('p', { class: 'line' }, make('b', {}, visible(sent.method)), code(sent.url)), ...message(sent.request)];
    if (sent.status !== undefined) {
      nodes.push(make('p', { class: 'line' }, make('b', {}, String(sent.status)), make('span', { class: 'muted' }, 'after ' + time(sent['elapsed-ms']))));
    }
    if (sent.response) nodes.push(...message(sent.response));
    nodes.push(make('p', { class: 'label' }, 'The same request again'), curl(sent.curl));
    return nodes;
  }

  function remarks(title, list, said) {
    if (!list || !list.length) return [];
    const items = list.slice(0, 50).map((entry) => make('li', {}, make('span', { class: 'check' }, visible(entry.check)), bdi(said(entry))));
    return [make('p', { class: 'label' }, title), make('ul', { class: 'remarks' }, ...items)];
  }

  function captures(values) {
    const names = Object.keys(values || {});
    if (!names.length) return [];
    const rows = names.flatMap((name) => [make('dt', {}, bdi(name)), make('dd', {}, code(JSON.stringify(values[name]).slice(0, SHOWN)))]);
    return [make('p', { class: 'label' }, 'Captured'), make('dl', { class: 'captures' }, ...rows)];
  }

  function step(given, index, all) {
    const nodes = [];
    if (all.length > 1 || given.name) {
      const number = 'Step ' + (index + 1) + (all.length > 1 ? ' of ' + all.length : '') + (given.name ? ': ' : '');
      const broken = (given.findings || []).length;
      const count = broken ? make('span', { class: 'count' }, '\u2717 ' + (broken === 1 ? '1 finding' : broken + ' findings')) : null;
      nodes.push(make('h4', {}, number, given.name ? bdi(given.name) : null, count));
    }
    if (given.error) nodes.push(make('p', { class: 'trouble' }, bdi(given.error)));
    if (given.sent) nodes.push(...exchange(given.sent));
    nodes.push(...captures(given.captures));
    nodes.push(...remarks('What the request itself breaks (no verdict rests on it)', given['request-findings'], (entry) => entry.message));
    nodes.push(...remarks('Could not be judged', given.undecided, (entry) => entry.reason));
    return make('div', { class: 'step' }, ...nodes.filter(Boolean));
  }

  function show(details) {
    const data = $('script', details);
    if (!data) return;
    const steps = JSON.parse(data.textContent);
    $('.steps', details).append(...steps.map(step));
    data.remove();
  }

  // Filters

  const form = $('.tools');
  const chosen = new Set();
  const texts = new Map();
  function textOf(details) {
    if (!texts.has(details)) {
      const file = details.parentNode.firstElementChild;
      const parts = ['summary', '.of-case', '.findings', '.reason'].map((selector) => $(selector, details)).concat(file);
      texts.set(details, parts.map((part) => (part ? part.textContent : '')).join(' ').toLowerCase());
    }
    return texts.get(details);
  }
  const tagsOf = (details) => [...details.querySelectorAll('.tag')].map((tag) => tag.textContent);

  function filter() {
    const words = form.elements.find.value.toLowerCase().split(/\s+/).filter(Boolean);
    const contract = form.elements.contract.value;
    const tag = form.elements.tag.value;
    let shown = 0;
    for (const details of cases) {
      const fits = (!chosen.size || chosen.has(details.dataset.verdict))
        && (!contract || details.dataset.contract === contract)
        && (!tag || tagsOf(details).includes(tag))
        && words.every((word) => textOf(details).includes(word));
      details.hidden = !fits;
      shown += fits;
    }
    for (const suite of document.querySelectorAll('.suite')) suite.hidden = !$('details.case:not([hidden])', suite);
    $('.nothing').hidden = shown > 0;
    $('output', form).textContent = shown + ' of ' + cases.length;
  }

  function options(select, values) {
    select.hidden = values.size < 2;
    for (const value of [...values].sort()) select.append(make('option', { value }, value));
  }

  function chips() {
    const counts = new Map();
    for (const details of cases) counts.set(details.dataset.verdict, (counts.get(details.dataset.verdict) || 0) + 1);
    for (const verdict of ['kept', 'flaky', 'broken', 'failed', 'undecided', 'skipped']) {
      if (!counts.has(verdict)) continue;
      const chip = make('button', { type: 'button', 'aria-pressed': 'false' }, verdict + ' ' + counts.get(verdict));
      chip.addEventListener('click', () => {
        if (!chosen.delete(verdict)) chosen.add(verdict);
        chip.setAttribute('aria-pressed', String(chosen.has(verdict)));
        filter();
      });
      $('.chips', form).append(chip);
    }
  }

  // A few at a time: opening thousands at once would freeze the page.
  function openAll() {
    const waiting = cases.filter((details) => !details.hidden && !details.open);
    const some = () => {
      for (const details of waiting.splice(0, 25)) details.open = true;
      if (waiting.length) requestAnimationFrame(some);
    };
    some();
  }

  function follow() {
    const target = location.hash.startsWith('#case-') && document.getElementById(location.hash.slice(1));
    if (!target) return;
    if (target.hidden) { form.reset(); chosen.clear(); for (const chip of form.querySelectorAll('[aria-pressed]')) chip.setAttribute('aria-pressed', 'false'); filter(); }
    target.open = true;
    target.scrollIntoView();
  }

  for (const details of cases) details.addEventListener('toggle', () => { if (details.open) show(details); });
  if (cases.length) {
    chips();
    options(form.elements.contract, new Set(cases.map((details) => details.dataset.contract)));
    options(form.elements.tag, new Set(cases.flatMap(tagsOf)));
    form.addEventListener('input', filter);
    form.addEventListener('submit', (event) => event.preventDefault());
    form.elements.open.addEventListener('click', openAll);
    form.hidden = false;
    filter();
  }
  document.addEventListener('keydown', (event) => {
    if (event.key === '/' && !event.target.closest('input, select, textarea')) { event.preventDefault(); form.elements.find.focus(); }
  });
  addEventListener('hashchange', follow);
  addEventListener('beforeprint', () => {
    for (const details of cases) if (details.dataset.verdict !== 'kept') { details.open = true; show(details); }
  });
  document.documentElement.classList.remove('no-script');
  follow();
})();
