// The queue: open alerts in one's own order, drawn so that a row keeps its place until it moves smoothly.

import { draw, faceOf, keepTime } from "./row.js";
import { holding } from "./shell.js";

const calm = matchMedia("(prefers-reduced-motion: reduce)");
export const MOST_SHOWN = 300;
// More at once, or faster one after another, is no longer movement that an eye can follow.
const MOST_MOVING = 3;
const BETWEEN_MOVES = 500;

export class Queue {
  #alerts = new Map();
  #rows = new Map();
  #stale = new Set();
  #fresh = new Set();
  #drawing = 0;
  #order = "";
  #movedAt = 0;
  #gliding = [];
  #pinned = null;
  #view = { fits: () => true, compare: () => 0 };

  constructor(list, { onSelect, onArranged }) {
    Object.assign(this, { list, onSelect, onArranged, selected: null });
  }

  get(id) {
    return this.#alerts.get(id);
  }

  all() {
    return [...this.#alerts.values()];
  }

  // What one has asked to see, in that order; who was looked for is among them whatever the filters say.
  shown() {
    return this.all().filter((alert) => alert.id === this.#pinned || this.#view.fits(alert)).sort(this.#view.compare);
  }

  look(view) {
    this.#view = view;
    this.#arrange(false);
  }

  load(alerts) {
    this.#alerts = new Map(alerts.map((alert) => [alert.id, alert]));
    this.#rows.clear();
    this.list.replaceChildren();
    this.#arrange(false);
  }

  // True if the alert was not in the queue before. Many changes at once are drawn in one go.
  put(alert) {
    const before = this.#alerts.get(alert.id);
    if (before && before.version > alert.version) return false;
    const open = alert.state === "raised" || alert.state === "claimed";
    if (open) this.#alerts.set(alert.id, alert);
    else this.#alerts.delete(alert.id);
    this.#stale.add(alert.id);
    if (open && !before) this.#fresh.add(alert.id);
    this.#redraw();
    return open && !before;
  }

  select(id, { pinned = false, still = false } = {}) {
    const before = this.#pinned;
    this.selected = id;
    this.#pinned = pinned || id === before ? id : null;
    if (this.#pinned !== before) this.#arrange(false);
    for (const [key, row] of this.#rows) row.setAttribute("aria-selected", String(key === id));
    const row = this.#rows.get(id);
    if (!still) row?.scrollIntoView({ block: "nearest" });
    this.#point();
  }

  // The row that many steps away; from nowhere, the first.
  step(by) {
    const ids = this.shown().map((alert) => alert.id);
    const at = ids.indexOf(this.selected);
    return ids[at < 0 ? 0 : Math.min(ids.length - 1, Math.max(0, at + by))];
  }

  // Where to go on: one's own, then the first that nobody else has.
  next() {
    const all = this.shown();
    const next = all.find((alert) => holding(alert) === "mine") ?? all.find((alert) => holding(alert) !== "theirs");
    return next?.id ?? this.step(0);
  }

  // Time alone moves rows too: a call-back becomes due, a lease runs out.
  tick() {
    for (const [id, row] of this.#rows) {
      const alert = this.#alerts.get(id);
      if (!alert) continue;
      keepTime(row, alert);
      if (row.dataset.face === faceOf(alert)) continue;
      this.#stale.add(id);
      this.#redraw();
    }
    if (this.#order !== this.#orderOf(this.shown().slice(0, MOST_SHOWN))) this.#redraw();
  }

  #redraw() {
    this.#drawing ||= requestAnimationFrame(() => this.#arrange(true));
  }

  #orderOf(shown) {
    return shown.map((alert) => alert.id).join();
  }

  #point() {
    const row = this.#rows.get(this.selected);
    if (row) this.list.setAttribute("aria-activedescendant", row.id);
    else this.list.removeAttribute("aria-activedescendant");
  }

  #arrange(smoothly) {
    cancelAnimationFrame(this.#drawing);
    this.#drawing = 0;
    const all = this.shown(), shown = all.slice(0, MOST_SHOWN);
    const gently = this.#gently(this.#orderOf(shown)) && smoothly;
    const before = new Map([...this.#rows].map(([id, row]) => [id, row.offsetTop]));
    const scroll = this.list.scrollTop, anchor = this.#anchor();
    const changed = new Set(this.#stale);
    this.#forgetAllBut(new Set(shown.map((alert) => alert.id)));
    shown.forEach((alert, place) => {
      const row = this.#draw(alert);
      if (this.list.children[place] !== row) this.list.insertBefore(row, this.list.children[place] ?? null);
    });
    this.#stale.clear();
    this.#fresh.clear();
    this.#point();
    this.onArranged(all);
    const scrolled = anchor && this.#rows.has(anchor) ? this.#rows.get(anchor).offsetTop - before.get(anchor) : 0;
    this.list.scrollTop = scroll + scrolled;
    if (!gently) return;
    this.#gliding = [...this.#rows].map(([id, row]) => glide(row, before.get(id) + scrolled, changed.has(id) ? 1 : 0)).filter(Boolean);
  }

  // At the top one sees who arrives; who has scrolled down keeps in view what is there, before all the chosen row.
  #anchor() {
    const top = this.list.scrollTop, bottom = top + this.list.clientHeight;
    if (top === 0) return null;
    const stays = (id) => {
      const row = this.#rows.get(id);
      return row && !this.#stale.has(id) && row.offsetTop >= top && row.offsetTop < bottom;
    };
    return stays(this.selected) ? this.selected : [...this.list.children].map((row) => row.dataset.id).find(stays);
  }

  // Whether to show the ways of the rows; whatever is still on one when the next move comes, is there at once.
  #gently(order) {
    if (order === this.#order) return false;
    for (const animation of this.#gliding) animation.cancel();
    this.#gliding = [];
    const pause = performance.now() - this.#movedAt;
    this.#order = order;
    this.#movedAt += pause;
    return this.#stale.size <= MOST_MOVING && pause > BETWEEN_MOVES && !calm.matches && !document.hidden;
  }

  #draw(alert) {
    const old = this.#rows.get(alert.id);
    if (old && !this.#stale.has(alert.id)) return old;
    const row = draw(alert, () => this.onSelect(alert.id));
    row.setAttribute("aria-selected", String(alert.id === this.selected));
    row.classList.toggle("fresh", this.#fresh.has(alert.id));
    old?.replaceWith(row);
    this.#rows.set(alert.id, row);
    return row;
  }

  #forgetAllBut(ids) {
    for (const [id, row] of this.#rows) {
      if (ids.has(id)) continue;
      row.remove();
      this.#rows.delete(id);
    }
  }
}

// What moves by itself passes over what only makes room.
function glide(row, from, zIndex) {
  const to = row.offsetTop;
  if (Number.isNaN(from)) return row.animate([{ opacity: 0, transform: "translateX(-18px)" }, { opacity: 1, transform: "none" }], { duration: 320, easing: "ease-out" });
  if (from === to) return null;
  return row.animate([{ transform: `translateY(${from - to}px)`, zIndex }, { transform: "none", zIndex }], { duration: 320, easing: "cubic-bezier(.2,.8,.2,1)" });
}
