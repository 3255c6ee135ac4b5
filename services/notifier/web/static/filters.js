// Filters: which of the queue one wants to see, and in what order; kept in this tab, and nothing personal in it.

import { SORT_KEYS } from "./lists.js";
import { businessNow, h, holding, reasonText, say, shell } from "./shell.js";

const HOUR = 3_600_000;
const NONE = { band: "", kind: "", reason: "", delivery: "", cutoff: "", holder: "", untouched: "", refused: "" };
const CHIPS = ["untouched", "refused"];
const CHOICES = {
  band: ["critical", "high", "medium", "low"].map((band) => [band, `band_${band}`]),
  kind: ["subscription", "repeat", "payment"].map((kind) => [kind, `kind_${kind}`]),
  reason: [],
  delivery: ["first", "early", "later", "bound", "unbound"].map((part) => [part, `delivery_${part}`]),
  cutoff: ["24", "72"].map((hours) => [hours, `cutoff_${hours}`]),
  holder: ["nobody", "mine", "others"].map((who) => [who, `holder_${who}`]),
};

const bound = ({ min_deliveries: least, delivery_number: n }) => (least ?? 0) > (n ?? 0);
const DELIVERIES = {
  first: ({ delivery_number: n }) => n === 1,
  early: ({ delivery_number: n }) => n === 2 || n === 3,
  later: ({ delivery_number: n }) => n >= 4,
  bound,
  unbound: (alert) => alert.kind !== "repeat" && !bound(alert),
};
const HOLDERS = {
  nobody: (held) => held === "nobody" || held === "lapsed",
  mine: (held) => held === "mine",
  others: (held) => held === "theirs",
};
const FITS = {
  band: (alert, band) => alert.band === band,
  kind: (alert, kind) => alert.kind === kind,
  reason: (alert, code) => alert.reasons[0]?.code === code,
  delivery: (alert, part) => DELIVERIES[part]?.(alert) ?? true,
  cutoff: (alert, hours) => within(alert, Number(hours) * HOUR),
  holder: (alert, who) => HOLDERS[who]?.(holding(alert)) ?? true,
  untouched: (alert) => !alert.attempts && !alert.last_contact,
  refused: (alert) => (alert.refused ?? []).length > 0,
};

function within(alert, length) {
  const left = alert.cutoff ? Date.parse(alert.cutoff) - businessNow() : -1;
  return left > 0 && left <= length;
}

export const fits = (alert, chosen) => Object.entries(chosen).every(([name, value]) => !value || FITS[name](alert, value));

// What somebody saved may be of another time: what is not known any more is left out.
export function known(saved) {
  const filters = Object.fromEntries(Object.keys(NONE).map((name) => [name, typeof saved?.[name] === "string" ? saved[name] : ""]));
  return { filters, sort: SORT_KEYS.includes(saved?.sort) ? saved.sort : "priority" };
}

export class Filters {
  #reasons = [];

  constructor(place, opener, onChange) {
    Object.assign(this, { place, opener, onChange, ...known(null) });
    this.selects = Object.fromEntries([...Object.keys(CHOICES), "sort"].map((name) => [name, this.#select(name)]));
    this.chips = Object.fromEntries(CHIPS.map((name) => [name, this.#chip(name)]));
    this.clearing = h("button.clear", { type: "button", id: "filter-clear", onclick: () => this.clear() }, say("filter_clear"));
    const { sort, ...selects } = this.selects;
    place.replaceChildren(...Object.values(selects), ...Object.values(this.chips), this.clearing, sort);
    opener.addEventListener("click", () => this.open(!place.classList.contains("open")));
    this.#show();
  }

  set({ filters, sort }) {
    Object.assign(this, { filters, sort });
    this.#show();
    this.onChange();
  }

  clear() {
    this.set({ filters: { ...NONE }, sort: this.sort });
  }

  open(open) {
    this.place.classList.toggle("open", open);
    this.opener.setAttribute("aria-expanded", String(open));
  }

  focus() {
    this.open(true);
    this.selects.band.focus();
  }

  // Reasons are offered as they stand in the queue.
  offer(alerts) {
    const tops = alerts.map((alert) => alert.reasons[0]).filter(Boolean);
    const names = new Map(tops.map((top) => [top.code, shell.reason_names[top.code] ?? reasonText(top)]));
    if (this.filters.reason && !names.has(this.filters.reason)) names.set(this.filters.reason, shell.reason_names[this.filters.reason] ?? this.filters.reason);
    const sorted = [...names].sort(([, one], [, other]) => one.localeCompare(other, shell.language));
    if (sorted.join() === this.#reasons.join()) return;
    this.#reasons = sorted;
    this.selects.reason.replaceChildren(...this.#options("reason"));
    this.selects.reason.value = this.filters.reason;
  }

  #options(name) {
    const choices = name === "sort" ? SORT_KEYS.map((key) => [key, say(`sort_${key}`)])
      : [["", say(`filter_${name}`)], ...(name === "reason" ? this.#reasons : CHOICES[name].map(([value, key]) => [value, say(key)]))];
    return choices.map(([value, text]) => h("option", { value }, text));
  }

  #select(name) {
    const label = say(name === "sort" ? "sort" : `filter_${name}`);
    const onchange = (event) => this.set(name === "sort" ? { filters: this.filters, sort: event.target.value } : { filters: { ...this.filters, [name]: event.target.value }, sort: this.sort });
    return h("select", { id: `filter-${name}`, "aria-label": label, title: label, onchange }, this.#options(name));
  }

  #chip(name) {
    const onclick = () => this.set({ filters: { ...this.filters, [name]: this.filters[name] ? "" : "yes" }, sort: this.sort });
    return h("button", { type: "button", id: `filter-${name}`, "aria-pressed": "false", onclick }, say(`filter_${name}`));
  }

  #show() {
    for (const [name, select] of Object.entries(this.selects)) {
      select.value = name === "sort" ? this.sort : this.filters[name];
      select.classList.toggle("on", name !== "sort" && Boolean(this.filters[name]));
    }
    for (const [name, chip] of Object.entries(this.chips)) chip.setAttribute("aria-pressed", String(Boolean(this.filters[name])));
    const count = Object.values(this.filters).filter(Boolean).length;
    this.clearing.hidden = count === 0;
    this.opener.textContent = say("filter_menu") + (count ? ` (${count})` : "");
  }
}
