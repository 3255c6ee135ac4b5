// The timeline: everything that happened with a customer, by day, the newest first.

import { because } from "./because.js";
import { day } from "./contracts.js";
import { h, money, say, shell, time } from "./shell.js";

const FIRST = 30, MORE = 60;
const KINDS = ["orders", "contact", "calls", "web"];
const KIND_OF = {
  order: "orders", subscription: "orders", payment: "orders", cancellation: "orders",
  message: "contact", action: "contact", mail: "contact", line: "contact", consent: "contact", survey: "contact", contact: "contact", letter: "contact",
  call: "calls", alert: "calls", support: "calls", offer: "calls", risk: "calls",
  page: "web", review: "web", referral: "web",
};
const SIGNS = { order: "▣", subscription: "↻", payment: "¥", cancellation: "×", call: "☎", support: "☎", alert: "▲", risk: "▲", page: "◈", review: "★", referral: "◇" };

export class Timeline {
  kind = "all";
  shown = FIRST;

  constructor(redraw) {
    this.redraw = redraw;
  }

  reset() {
    Object.assign(this, { kind: "all", shown: FIRST });
  }

  build(entries, history) {
    const wanted = entries.filter((one) => this.kind === "all" || kindOf(one.what) === this.kind);
    const shown = wanted.slice(0, this.shown);
    return [
      h("h3", {}, say("timeline"), h("small", {}, say("timeline_count", { n: entries.length }))),
      h("div.kinds", { role: "group", "aria-label": say("timeline_kinds") }, ["all", ...KINDS].map((kind) => this.#filter(kind))),
      shown.length ? h("div.days", {}, byDay(shown).map(dayOf)) : h("p.muted", {}, say("timeline_none")),
      wanted.length > shown.length ? h("button.quiet", { type: "button", id: "timeline-more", onclick: () => this.#more() }, say("timeline_more", { n: wanted.length - shown.length })) : null,
      history.length ? h("details.history", {}, h("summary", { id: "fold-history" }, say("history")), h("ul", {}, history.map(change))) : null,
    ];
  }

  #filter(kind) {
    const choose = () => {
      Object.assign(this, { kind, shown: FIRST });
      this.redraw();
    };
    return h("button", { type: "button", id: `timeline-${kind}`, "aria-pressed": String(this.kind === kind), onclick: choose }, say(`timeline_${kind}`));
  }

  #more() {
    this.shown += MORE;
    this.redraw();
  }
}

const kindOf = (what) => KIND_OF[what.split(".")[0]] ?? "other";

function byDay(entries) {
  const days = new Map();
  for (const one of entries) {
    const key = day(one.at);
    days.set(key, [...(days.get(key) ?? []), one]);
  }
  return [...days];
}

function dayOf([name, entries]) {
  return h("section", {}, h("h4", {}, name), h("ol", {}, entries.map(entry)));
}

function entry(one) {
  const kind = kindOf(one.what);
  return h(`li.${kind}${loud(one) ? ".loud" : ""}`, {},
    h("time", { datetime: one.at }, time(one.at)),
    h("i", { "aria-hidden": "true" }, SIGNS[one.what.split(".")[0]] ?? (kind === "contact" ? "✉" : "•")),
    h("p", {}, h("b", {}, name(one)), ...details({ by: one.by, facts: one.facts ?? {} }).map((part) => h("span", {}, part)), one.facts?.note ? h("q", {}, one.facts.note) : null));
}

const LOUD = ["payment.failed", "subscription.cancel_requested", "subscription.cancelled", "cancellation.requested", "risk.entered", "alert.raised", "line.blocked", "consent.withdrawn"];
const loud = (one) => LOUD.includes(one.what) || (one.what === "page.viewed" && one.facts?.page === "cancel") || (one.what === "support.contacted" && one.facts?.topic === "complaint");

// An unknown one is shown by its name.
function name(one) {
  const key = `tl_${one.what.replaceAll(".", "_")}`;
  const known = say(key, { channel: one.channel ? say(`channel_${one.channel}`) : say("message") });
  return known === key ? one.what : known;
}

function details({ by, facts }) {
  const parts = [];
  const amount = facts.total ?? facts.amount ?? facts.value;
  if (amount?.currency) parts.push(money(amount.amount, amount.currency));
  if (facts.delivery_number ?? facts.delivery) parts.push(say("delivery", { n: facts.delivery_number ?? facts.delivery }));
  if (typeof facts.reason === "string" && facts.reason) parts.push(callReason(facts.reason) ?? because(facts.reason));
  parts.push(...titles(facts.lines), ...SAID.flatMap(([key, prefix]) => told(facts[key], prefix)));
  if (facts.nps !== undefined && facts.nps !== null) parts.push(`NPS ${facts.nps}`);
  if (facts.satisfaction) parts.push(say("fact_satisfaction", { n: facts.satisfaction }));
  if (facts.rating) parts.push(say("fact_rating", { n: facts.rating }));
  if (facts.probability !== undefined) parts.push(`${Math.round(facts.probability * 100)}%`);
  if (facts.count > 1) parts.push(say("fact_times", { n: facts.count }));
  if (facts.again === false) parts.push(say("fact_again_no"));
  if (facts.until) parts.push(say("fact_until", { at: `${day(facts.until)} ${time(facts.until)}` }));
  if (facts.number) parts.push(say("fact_number", { number: facts.number }));
  if (by) parts.push(by);
  return parts;
}

// What is told by a word of ours where there is one, else as it was told to us.
const SAID = [["page", "page"], ["topic", "topic"], ["disposition", "disposition"], ["reason_detail", "call_detail"], ["offer", "offer"], ["answer", "answer"], ["band", "band"], ["next_parcel", "parcel"], ["scenario", "scenario"]];

function told(value, prefix) {
  if (value === undefined || value === null || value === "" || typeof value === "object") return [];
  const key = `${prefix}_${prefix === "offer" ? value.split("_")[0] : value}`;
  if (say(key) !== key) return [say(key)];
  return [callReason(value) ?? String(value)];
}

export function callReason(code) {
  for (const reason of shell.call_reasons ?? []) {
    if (reason.code === code) return reason.label;
    const detail = reason.details.find((one) => one.code === code);
    if (detail) return detail.label;
  }
  return null;
}

const titles = (lines) => (Array.isArray(lines) ? lines.map((line) => line.title ?? line.product).filter(Boolean).slice(0, 3) : []);

function change(one) {
  const detail = one.what === "resolved" || one.what === "deferred" ? say(`disposition_${one.detail}`) : one.what === "withdrawn" ? say(`cause_${one.detail}`) : one.detail ?? "";
  return h("li", {}, h("time", {}, time(one.at)), h("span", {}, say(`what_${one.what}`, { agent: one.agent ?? "", detail })));
}
