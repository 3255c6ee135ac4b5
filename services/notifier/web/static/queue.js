// The queue: open alerts by priority, drawn so that a row keeps its place on the screen until it moves smoothly.

import { bandOf, h, holding, money, nameOf, percent, reasonText, say, untilCutoff, waited } from "./shell.js";

const calm = matchMedia("(prefers-reduced-motion: reduce)");
const MOST_SHOWN = 300;
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

  constructor(list, empty, onSelect) {
    Object.assign(this, { list, empty, onSelect, selected: null });
  }

  get(id) {
    return this.#alerts.get(id);
  }

  all() {
    return [...this.#alerts.values()].sort((a, b) => b.priority - a.priority || (a.id < b.id ? -1 : 1));
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
    this.#drawing ||= requestAnimationFrame(() => this.#arrange(true));
    return open && !before;
  }

  select(id) {
    this.selected = id;
    for (const [key, row] of this.#rows) row.setAttribute("aria-selected", String(key === id));
    const row = this.#rows.get(id);
    row?.scrollIntoView({ block: "nearest" });
    if (row) this.list.setAttribute("aria-activedescendant", row.id);
    else this.list.removeAttribute("aria-activedescendant");
  }

  // The row that many steps away; from nowhere, the first.
  step(by) {
    const ids = this.all().map((alert) => alert.id);
    const at = ids.indexOf(this.selected);
    return ids[at < 0 ? 0 : Math.min(ids.length - 1, Math.max(0, at + by))];
  }

  // Where to go on: one's own, then the most urgent that nobody else has.
  next() {
    const all = this.all();
    const next = all.find((alert) => holding(alert) === "mine") ?? all.find((alert) => holding(alert) !== "theirs");
    return next?.id ?? this.step(0);
  }

  tick() {
    for (const [id, row] of this.#rows) {
      const alert = this.#alerts.get(id);
      if (!alert) continue;
      keepTime(row, alert);
      if (row.dataset.held === holding(alert)) continue;
      this.#stale.add(id);
      this.#drawing ||= requestAnimationFrame(() => this.#arrange(true));
    }
  }

  #arrange(smoothly) {
    this.#drawing = 0;
    const shown = this.all().slice(0, MOST_SHOWN);
    const gently = this.#gently(shown.map((alert) => alert.id).join()) && smoothly;
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
    this.empty.hidden = shown.length > 0;
    this.list.hidden = shown.length === 0;
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

function draw(alert, onclick) {
  const held = holding(alert);
  const row = h(
    `li.row${held === "theirs" ? ".theirs" : ""}`,
    { id: `row-${alert.id}`, role: "option", "data-band": alert.band, "data-id": alert.id, "data-held": held, onclick },
    h("div.odds", {}, h("b", {}, percent(alert.probability), h("small", {}, "%")), h("span", {}, bandOf(alert))),
    h("p.who", {}, h("span.name", {}, nameOf(alert)), pill(alert, held)),
    h("p.why", {}, alert.reasons[0] ? reasonText(alert.reasons[0]) : say("unknown")),
    h("p.value", {}, money(alert.value.amount, alert.value.currency)),
    h("p.facts", {}, ...facts(alert)),
    h("p.side", {}, h("span.until", { "data-until": true }), h("span.waited", { "data-waited": true })),
  );
  keepTime(row, alert);
  return row;
}

function facts(alert) {
  if (alert.kind === "repeat") return [h("span", {}, say("kind_repeat"))];
  const parts = alert.kind === "payment" ? [say("kind_payment")] : [];
  if (alert.delivery_number) parts.push(say("delivery", { n: alert.delivery_number }));
  parts.push(alert.min_deliveries ? say("minimum", { m: alert.min_deliveries }) : say("no_minimum"));
  return parts.map((part) => h("span", {}, part));
}

function pill(alert, held) {
  if (held === "mine") return h("span.pill.mine", {}, say("mine"));
  if (held === "theirs") return h("span.pill", {}, say("taken", { name: alert.agent_name }));
  if (held === "lapsed") return h("span.pill", {}, say("lapsed", { name: alert.agent_name }));
  return null;
}

function keepTime(row, alert) {
  const cutoff = untilCutoff(alert.cutoff);
  const until = row.querySelector("[data-until]");
  until.className = `until ${cutoff.urgency}`;
  setText(until, cutoff.text);
  setText(row.querySelector("[data-waited]"), waited(alert.raised_at));
}

export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
