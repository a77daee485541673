'use strict';
const one = (selector) => document.querySelector(selector);
const all = (selector) => [...document.querySelectorAll(selector)];
const canvas = one('#canvas');
const views = new Map();
let shown = null;
let view = null;

function move() {
  if (shown) shown.style.transform = `translate(${view.x}px,${view.y}px) scale(${view.scale})`;
}

function size() {
  const { width, height } = shown.querySelector('svg').viewBox.baseVal;
  return { width, height };
}

// The whole picture, but never smaller than its letters can be read: tall pictures start at their top.
function fit(whole) {
  const { width, height } = size();
  const across = (canvas.clientWidth - 32) / width;
  const down = (canvas.clientHeight - 32) / height;
  const scale = whole ? Math.min(across, down, 1.5) : Math.max(Math.min(across, 1), 0.55);
  Object.assign(view, { scale, x: Math.max(16, (canvas.clientWidth - width * scale) / 2), y: 16 });
  move();
}

function zoom(factor, x = canvas.clientWidth / 2, y = canvas.clientHeight / 2) {
  const scale = Math.min(4, Math.max(0.05, view.scale * factor));
  const by = scale / view.scale;
  Object.assign(view, { scale, x: x - (x - view.x) * by, y: y - (y - view.y) * by });
  move();
}

function show() {
  const sections = all('#canvas section');
  const found = sections.find((section) => '#' + section.id === location.hash) || sections[0];
  if (!found || found === shown) return;
  sections.forEach((section) => { section.hidden = section !== found; });
  all('#flows a').forEach((link) => {
    if (link.hash === '#' + found.id) {
      link.setAttribute('aria-current', 'page');
      link.scrollIntoView({ block: 'nearest' });
    } else link.removeAttribute('aria-current');
  });
  all('#calls > div').forEach((calls) => { calls.hidden = calls.dataset.of !== found.id; });
  shown = found;
  const known = views.get(found.id);
  view = known || { x: 0, y: 0, scale: 1 };
  views.set(found.id, view);
  if (known) move(); else fit(false);
}

one('#search').addEventListener('input', (event) => {
  const words = event.target.value.toLowerCase().split(/\s+/);
  all('#flows a').forEach((link) => {
    const text = link.textContent.toLowerCase();
    link.hidden = !words.every((word) => text.includes(word));
  });
  all('#flows section').forEach((folder) => { folder.hidden = !folder.querySelector('a:not([hidden])'); });
  one('#nothing').hidden = !!one('#flows a:not([hidden])');
});

canvas.addEventListener('wheel', (event) => {
  event.preventDefault();
  if (event.ctrlKey || event.metaKey) {
    const { left, top } = canvas.getBoundingClientRect();
    zoom(Math.exp(-event.deltaY / 200), event.clientX - left, event.clientY - top);
  } else {
    view.x -= event.shiftKey ? event.deltaY : event.deltaX;
    view.y -= event.shiftKey ? 0 : event.deltaY;
    move();
  }
}, { passive: false });

let grip = null;
canvas.addEventListener('pointerdown', (event) => {
  if (event.button !== 0 || event.target.closest('a')) return;
  grip = { x: event.clientX - view.x, y: event.clientY - view.y };
  canvas.setPointerCapture(event.pointerId);
});
canvas.addEventListener('pointermove', (event) => {
  if (!grip) return;
  Object.assign(view, { x: event.clientX - grip.x, y: event.clientY - grip.y });
  move();
});
['pointerup', 'pointercancel'].forEach((name) => canvas.addEventListener(name, () => { grip = null; }));

canvas.addEventListener('keydown', (event) => {
  const steps = { ArrowLeft: [80, 0], ArrowRight: [-80, 0], ArrowUp: [0, 80], ArrowDown: [0, -80] };
  const step = steps[event.key];
  if (step) { view.x += step[0]; view.y += step[1]; move(); }
  else if (event.key === '+' || event.key === '=') zoom(1.25);
  else if (event.key === '-') zoom(0.8);
  else if (event.key === '0') fit(true);
  else return;
  event.preventDefault();
});

one('#closer').addEventListener('click', () => zoom(1.25));
one('#farther').addEventListener('click', () => zoom(0.8));
one('#whole').addEventListener('click', () => fit(true));
one('#theme').addEventListener('click', () => {
  const root = document.documentElement;
  const dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme:dark)').matches;
  root.dataset.theme = dark ? 'light' : 'dark';
});
addEventListener('hashchange', show);
show();
