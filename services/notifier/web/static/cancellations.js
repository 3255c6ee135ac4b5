// Cancellations: who asked to leave which contract, until the cart has done it.

import { call } from "./server.js";
import { dateTime, h, nameOf, say } from "./shell.js";

const SELDOM = 2_000;
const PARCELS = { stopped: "span", leaves: "span.leaves", unknown: "span.late" };

export class Cancellations {
  #all = [];
  #loading = false;
  #soon = null;

  constructor(place, { onCount, onCustomer, tell }) {
    Object.assign(this, { place, onCount, onCustomer, tell });
  }

  get waiting() {
    return this.#all.filter((one) => one.state === "requested").length;
  }

  get empty() {
    return this.#all.length === 0;
  }

  async load() {
    if (this.#loading) return;
    this.#loading = true;
    const { status, content } = await call("GET", "/api/cancellations");
    this.#loading = false;
    if (status !== 200) return;
    this.#all = content.cancellations;
    if (!this.place.contains(document.activeElement)) this.draw();
    this.onCount();
  }

  // Many changes at once ask once.
  loadSoon() {
    this.#soon ??= setTimeout(() => {
      this.#soon = null;
      this.load();
    }, SELDOM);
  }

  draw() {
    const csv = h("p", {}, h("a", { href: "/api/cancellations.csv", download: true }, say("cancellation_csv")));
    this.place.replaceChildren(csv, h("ul", {}, this.#all.map((one) => this.#row(one))));
  }

  step(by) {
    const names = [...this.place.querySelectorAll(".name")];
    const at = names.findIndex((name) => name.closest("li").contains(document.activeElement));
    names[Math.max(0, Math.min(names.length - 1, at < 0 ? 0 : at + by))]?.focus();
  }

  #row(one) {
    const parcel = `parcel_${one.next_parcel}`;
    return h("li", { "data-state": one.state },
      h("button.name", { type: "button", title: say("cancellation_customer"), onclick: () => this.onCustomer(one.customer_ref) }, nameOf(one)),
      h("span.number", {}, one.number),
      h("p.facts", {},
        h("span", {}, one.subscription.split("/").at(-1)),
        h("span", {}, say("cancellation_due", { at: dateTime(one.requested_at) })),
        h(one.state === "requested" ? PARCELS[one.next_parcel] : "span", {}, say(parcel)),
        one.agent_name ? h("span", {}, one.agent_name) : null,
        one.overdue ? h("span.late", {}, say("overdue")) : null,
        one.state === "requested" ? null : h("span.pill", {}, [say(`state_${one.state}`), one.reference].filter(Boolean).join(" "))),
      one.state === "requested" ? this.#form(one) : null);
  }

  #form(one) {
    const reference = h("input", { maxlength: 80, autocomplete: "off", "aria-label": say("cancellation_reference"), placeholder: say("cancellation_reference") });
    const done = (event) => {
      event.preventDefault();
      this.#put(one, "done", { reference: reference.value.trim() || undefined });
    };
    return h("form", { onsubmit: done }, reference,
      h("button.quiet", {}, say("cancellation_done")),
      h("button.quiet", { type: "button", onclick: () => this.#put(one, "back") }, say("cancellation_back")));
  }

  async #put(one, what, body) {
    const { status } = await call("POST", `/api/cancellations/${one.id}/${what}`, body);
    if (status !== 200) this.tell(say(status === 0 ? "problem_network" : "cancellation_failed"), "bad");
    else this.tell(say(`said_cancellation_${what}`, { number: one.number }), "good");
    document.activeElement?.blur();
    await this.load();
    this.step(0);
  }
}
