// The card: who the chosen customer is, why now, what to say and to offer, what happened, and what to do.

import { openCancel } from "./cancel.js";
import { contracts, relative } from "./contracts.js";
import { head } from "./head.js";
import { asking } from "./look.js";
import { offers } from "./offers.js";
import { routeOf } from "./outcome.js";
import { Part } from "./part.js";
import { holds } from "./reach.js";
import { call } from "./server.js";
import { h, say, untilCutoff } from "./shell.js";
import { talk } from "./talk.js";
import { Timeline } from "./timeline.js";
import { openTransfer } from "./transfer.js";
import { why } from "./why.js";
import { Work } from "./work.js";

export { DISPOSITIONS, KEPT } from "./outcome.js";

const WAYS = { w: "why", s: "talk", o: "offers", c: "contracts", h: "timeline" };
const OF_CUSTOMER = ["contracts", "timeline"];
// What happens elsewhere is looked for again after a while; after a failure, sooner.
const STALE = 60_000, AGAIN = 5_000;

export class Card {
  #asked = "";
  #askAt = 0;
  #why = null;
  #missing = {};

  constructor(panel, act) {
    Object.assign(this, { panel, act, alert: null, history: [], contact: null, customer: null, offers: null });
    this.timeline = new Timeline(() => this.#draw());
    this.work = new Work({ act, cancel: () => this.cancel(), transfer: () => openTransfer(act), offered: (field) => this.#offered(field) });
    this.#frame();
    this.show(null);
  }

  // An answer that was overtaken is ignored.
  show(alert, history = []) {
    const same = alert && alert.id === this.alert?.id;
    if (same && alert.version < this.alert.version) return;
    if (!same) this.#turn();
    if (!same || !holds(alert)) this.contact = null;
    Object.assign(this, { alert, history });
    this.panel.classList.toggle("blank", !alert);
    this.panel.dataset.band = alert?.band ?? "";
    if (!alert) return this.panel.replaceChildren(h("div.empty", {}, h("p.muted", {}, say("none_selected"))));
    this.#open(this.work.element);
    this.#draw();
    this.#ask();
  }

  // A customer without an alert; who looks says why.
  showCustomer(customer_ref) {
    this.show(null);
    this.panel.replaceChildren(asking(customer_ref, (customer, why) => this.#found(customer, why)));
    document.getElementById("look-title").focus();
  }

  reveal(id, contact) {
    if (this.alert?.id !== id || !holds(this.alert)) return;
    this.contact = contact;
    this.#draw();
  }

  cancel() {
    if (!this.alert && !this.customer) return;
    openCancel({ alert: this.alert, customer: this.customer, reason: this.alert ? this.work.draft.reason : "" }, () => this.#cancelled());
  }

  tick() {
    if (!this.alert) return;
    if (this.contact && !holds(this.alert)) this.contact = null;
    if (performance.now() > this.#askAt) this.#ask(true);
    this.#draw();
    this.work.tick();
    const until = this.panel.querySelector(".stake .until");
    const cutoff = untilCutoff(this.alert.cutoff);
    until.className = `until ${cutoff.urgency}`;
    const ahead = cutoff.urgency === "soon" || cutoff.urgency === "calm";
    put(until, ahead ? say("cutoff_in", { time: cutoff.text }) : cutoff.text);
    for (const small of this.panel.querySelectorAll("[data-moment]")) put(small, relative(small.dataset.moment));
  }

  // True if the key was one of the card's.
  key(key) {
    const asked = this.panel.querySelectorAll(".whys button");
    if (asked.length) return asked[Number(key) - 1]?.click(), /^[1-3]$/.test(key);
    if (!this.alert && !this.customer) return false;
    if (key in WAYS) return this.#go(WAYS[key]), true;
    if (key === "x") return this.cancel(), true;
    if (key === "t") return document.getElementById("call")?.click(), true;
    return this.alert !== null && this.work.key(key);
  }

  #frame() {
    const part = (element, build) => new Part(element, build);
    const section = (id, build) => part(h("section.part", { id, tabindex: -1, "aria-label": say(`way_${id}`) }), build);
    this.parts = {
      head: part(h("header.head"), head),
      ways: part(h("nav.ways", { "aria-label": say("ways") }), (names, counts) => names.map((name) => this.#way(name, counts[name]))),
      why: section("why", why),
      talk: section("talk", talk),
      offers: section("offers", (told, draft, able) => offers(told, draft, able, (offer, answer) => this.#offer(offer, answer))),
      contracts: section("contracts", (customer, alert) => (customer ? contracts(customer, alert) : [h("p.muted", {}, say("loading"))])),
      timeline: section("timeline", (entries, history) => (entries ? this.timeline.build(entries, history) : [h("p.muted", {}, say("loading"))])),
      look: part(h("div.actions"), (reason) => [h("div.line", {}, h("p.grow", {}, say("looked", { why: say(`look_${reason}`) })), this.#cancelButton())]),
    };
    const { why: w, talk: t, offers: o, contracts: c, timeline: l } = this.parts;
    this.cols = h("div.cols", {}, h("div", {}, w.element, c.element), h("div.side", {}, t.element, o.element));
    this.back = h("button.back.quiet", { type: "button", id: "back", onclick: () => this.panel.dispatchEvent(new CustomEvent("back")) }, say("back_to_queue"));
    this.inner = h("div.inner", { tabindex: 0, role: "group", "aria-label": say("card_content") }, this.cols, l.element);
  }

  #open(bottom) {
    if (this.inner.isConnected && bottom.isConnected) return;
    this.panel.replaceChildren(this.back, this.parts.head.element, this.parts.ways.element, this.inner, bottom);
  }

  // To another customer: nothing of the one before stays.
  #turn() {
    Object.assign(this, { customer: null, offers: null });
    this.#asked = "";
    this.#why = null;
    this.#missing = {};
    this.timeline.reset();
    this.inner.scrollTop = 0;
  }

  #found(customer, reason) {
    this.#turn();
    Object.assign(this, { customer });
    this.#why = reason;
    this.panel.classList.remove("blank");
    this.#open(this.parts.look.element);
    this.#draw();
    document.getElementById("card-name").focus();
  }

  #draw() {
    const { alert, customer, parts } = this;
    if (!alert && !customer) return;
    const names = Object.values(WAYS).filter((name) => alert || OF_CUSTOMER.includes(name));
    const { timeline: entries, ...rest } = customer ?? {};
    parts.head.draw(alert, customer && rest, this.contact);
    parts.ways.draw(names, { contracts: customer?.contracts.length, timeline: entries?.length, offers: this.offers?.allowed.length });
    parts.contracts.draw(customer && rest, alert && { subscription: alert.subscription });
    parts.timeline.draw(entries ?? (this.#missing.customer ? [] : null), this.history, this.timeline.kind, this.timeline.shown);
    this.cols.classList.toggle("alone", !alert);
    if (!alert) return parts.look.draw(this.#why);
    parts.why.draw(essence(alert), customer && { scores: customer.scores });
    this.work.show(alert, this.#allowed());
    parts.talk.draw(essence(alert), this.offers?.script, this.#allowed()?.persuasion);
    this.work.keepTo(this.#allowed());
    parts.offers.draw(this.#allowed(), { offer: this.work.draft.offer, answer: this.work.draft.answer }, this.work.able);
  }

  // What the customer said may close the door to any proposal.
  #allowed() {
    const route = routeOf(this.work.alert?.id === this.alert.id ? this.work.draft.reason : "");
    if (!this.offers && this.#missing.offers) return NO_OFFERS;
    return this.offers && route !== "persuade" ? { ...this.offers, persuasion: "none", allowed: [], route } : this.offers;
  }

  #offer(offer, answer) {
    this.work.choose(offer, answer);
    this.#draw();
    document.getElementById(answer || !offer ? `offer-${this.work.draft.offer ?? offer}` : "answer-accepted")?.focus();
  }

  #way(name, count) {
    const key = Object.keys(WAYS).find((one) => WAYS[one] === name);
    return h("button", { type: "button", id: `way-${name}`, onclick: () => this.#go(name) }, h("kbd", {}, key), say(`way_${name}`), count ? h("small", {}, String(count)) : null);
  }

  #go(name) {
    const { element } = this.parts[name];
    element.scrollIntoView({ block: "start" });
    const first = name === "offers" ? element.querySelector(".choice:not(:disabled)") : null;
    (first ?? element).focus({ preventScroll: true });
  }

  #cancelButton() {
    return h("button.cancel", { type: "button", id: "cancel-open", onclick: () => this.cancel() }, say("cancel_take"), h("kbd", {}, "x"));
  }

  async #cancelled() {
    if (this.alert) {
      this.work.cancelled();
      return this.#ask(true);
    }
    const { status, content } = await call("POST", "/api/customers/look", { customer_ref: this.customer.customer_ref, why: this.#why });
    if (status !== 200 || this.alert) return;
    this.customer = content.customer;
    this.#draw();
  }

  // The stream carries neither the past nor the offers: they are asked for when the card turns, and when it changes.
  async #ask(again = false) {
    const { id, state, agent, band, assessed_at, attempts, call_from } = this.alert;
    const asked = [id, state, agent, band, assessed_at, attempts, call_from].join();
    if (!again && asked === this.#asked) return;
    this.#asked = asked;
    this.#askAt = performance.now() + STALE;
    const [told, allowed] = await Promise.all([call("GET", `/api/alerts/${id}/customer`), this.#askOffers()]);
    if (this.alert?.id !== id) return;
    if (told.status === 200) this.customer = told.content.customer;
    if (this.customer?.erased) this.work.forget(id);
    this.#missing.customer = told.status !== 200;
    if ([told, allowed].some(({ status }) => status === 0 || status >= 500)) this.#askAt = performance.now() + AGAIN;
    this.#draw();
  }

  // What may be offered, and what to say, depends on what the customer gives as the reason.
  async #askOffers() {
    const id = this.alert.id, { reason } = this.work.draft;
    const answer = await call("GET", `/api/alerts/${id}/offers${reason ? `?reason=${encodeURIComponent(reason)}` : ""}`);
    if (this.alert?.id !== id || this.work.draft.reason !== reason) return answer;
    if (answer.status === 200) this.offers = answer.content;
    this.#missing.offers = answer.status !== 200;
    this.#draw();
    return answer;
  }

  #offered(field) {
    this.#draw();
    if (field === "reason") this.#askOffers();
  }
}

const NO_OFFERS = { allowed: [], barred: [], given: [], persuasion: "open" };
const essence = ({ id, kind, subscription, reasons, strengths, rung, model, assessed_at }) => ({ id, kind, subscription, reasons, strengths, rung, model, assessed_at });

function put(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
