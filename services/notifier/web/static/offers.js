// Offers: what may be offered, the fitting one first; what may not, and why; what was offered before.

import { dateTime, h, money, say } from "./shell.js";
import { day } from "./contracts.js";

const ANSWERS = ["accepted", "declined", "thinking"];

// `draft` holds what the agent has chosen; `choose(offer, answer)` keeps it.
export function offers(told, draft, able, choose) {
  if (!told) return [h("h3", {}, say("offers")), h("p.muted", {}, say("loading"))];
  const allowed = told.persuasion === "none" ? [] : [...told.allowed].sort((a, b) => Number(b.fits) - Number(a.fits));
  return [
    h("h3", {}, say("offers"), told.persuasion === "open" ? h("small", {}, say("offers_hint")) : null),
    allowed.length ? h("ul.offers", {}, allowed.map((one) => offer(one, draft, able, choose))) : h("p.muted", {}, say(told.persuasion === "none" ? "persuasion_none" : "no_offers")),
    folded("barred", say("offers_barred", { n: told.barred.length }), told.barred.map((one) => h("li", {}, h("b", {}, one.title), ` ${because(one.because)}`))),
    folded("given", say("offers_given", { n: told.given.length }), told.given.map((one) => h("li", {}, h("b", {}, one.title), ` ${dateTime(one.at)} · ${say(`answer_${one.answer}`)}${one.agent ? ` · ${one.agent}` : ""}`))),
  ];
}

function offer(one, draft, able, choose) {
  const chosen = draft.offer === one.offer;
  return h(`li.offer${one.fits ? ".fits" : ""}${chosen ? ".chosen" : ""}`, {},
    h("button.choice", { type: "button", id: `offer-${one.offer}`, "aria-pressed": String(chosen), disabled: !able, onclick: () => choose(chosen ? null : one.offer, null) },
      h("span.title", {}, h("b", {}, one.title), one.fits ? h("span.tag", {}, say("offer_fits")) : null, h("span.cost", {}, cost(one.cost))),
      one.detail ? h("span.detail", {}, one.detail) : null,
      h("span.meta", {}, meta(one).map((part) => h("span", {}, part)))),
    chosen ? answers(draft, choose, one) : null);
}

function answers(draft, choose, one) {
  return h("div.answers", { role: "group", "aria-label": say("answer") },
    one.disclose?.length ? h("p.disclose", {}, say("offer_disclose"), h("ul", {}, one.disclose.map((fact) => h("li", {}, fact)))) : null,
    ANSWERS.map((answer) => h("button", { type: "button", id: `answer-${answer}`, "aria-pressed": String(draft.answer === answer), onclick: () => choose(one.offer, answer) }, say(`answer_${answer}`))));
}

const cost = (value) => (value?.amount ? say("offer_cost", { cost: money(value.amount, value.currency) }) : say("offer_free"));

function meta(one) {
  const parts = [];
  if (one.effective_delivery) parts.push(say("offer_effective", { n: one.effective_delivery }));
  if (one.effective_from) parts.push(say("offer_from", { date: day(one.effective_from) }));
  if (one.success?.made) parts.push(say("offer_success", { accepted: one.success.accepted, made: one.success.made, rate: Math.round((100 * one.success.accepted) / one.success.made) }));
  if (one.last_given) parts.push(say("offer_last", { date: day(one.last_given) }));
  if (one.note) parts.push(one.note);
  return parts;
}

const because = (code) => (say(`because_${code}`) === `because_${code}` ? code : say(`because_${code}`));

// Open stays open when it is drawn anew.
const open = new Set();
function folded(key, title, items) {
  if (items.length === 0) return null;
  const ontoggle = (event) => (event.target.open ? open.add(key) : open.delete(key));
  return h("details", { open: open.has(key), ontoggle }, h("summary", { id: `fold-${key}` }, title), h("ul", {}, items));
}
