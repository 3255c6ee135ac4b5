// Hands: what the agent does to the chosen alert, against a server that may have moved on.

import { KEPT } from "./card.js";
import { holds } from "./reach.js";
import { call } from "./server.js";
import { holding, money, realNow, say, shell } from "./shell.js";

const AGAIN = 3_000;
const LINGER = 5_000;
const isClosed = (alert) => alert.state === "resolved" || alert.state === "withdrawn";

export class Hands {
  connected = false;
  busy = false;
  #renewing = false;
  #asked = null;

  // `tell` shows a word for a moment; `card` is set by the page, which gives it `act`.
  constructor(queue, tell) {
    Object.assign(this, { queue, tell, card: null, guest: false });
  }

  async select(id, how = {}) {
    this.guest = false;
    this.queue.select(id ?? null, how);
    const alert = this.queue.get(id);
    this.card.show(alert ?? null);
    if (alert) await this.refresh(alert);
  }

  // A customer who has no alert, or one that is closed.
  look(customer) {
    this.guest = true;
    this.queue.select(null);
    this.card.showCustomer(customer);
  }

  // What the stream tells of the alert that is on the card.
  changed(alert) {
    if (alert.what === "contact_changed") this.card.contact = this.#asked = null;
    if (!this.busy) this.refresh(alert);  // else the answer that is on its way is newer, and can be worked with at once
  }

  // The card as it stands, with its history, which the stream does not carry.
  async refresh(alert) {
    const { card } = this;
    card.show(alert, card.alert?.id === alert.id ? card.history : []);
    this.reveal();
    const { status, content } = await call("GET", `/api/alerts/${alert.id}`);
    if (status !== 200 || card.alert?.id !== alert.id) return;
    card.show(content.alert, content.history);
    this.reveal();
    if (isClosed(content.alert) && !this.#mine()) setTimeout(() => this.#moveOn(alert.id), LINGER);
  }

  // Every look is recorded, so it is asked once a card, and only by who holds the claim.
  async reveal() {
    const { card } = this, alert = card.alert;
    if (!alert || !this.connected || card.contact || this.#asked?.id === alert.id || !holds(alert)) return;
    const asking = (this.#asked = { id: alert.id });
    const { status, content } = await call("POST", `/api/alerts/${alert.id}/contact`);
    if (this.#asked !== asking) return;
    if (status === 200) {
      this.#asked = null;
      return card.reveal(alert.id, content.contact);
    }
    setTimeout(() => this.#asked === asking && (this.#asked = null), AGAIN);
    if (content.alert && card.alert?.id === alert.id) card.show(content.alert, card.history);
  }

  async act(what, body) {
    const { card } = this, alert = card.alert;
    if (!alert || this.busy || !this.connected) return;
    this.busy = true;
    const answer = await call("POST", `/api/alerts/${alert.id}/${what}`, body);
    this.busy = false;
    const { status, content } = answer;
    if (content.alert) {
      this.queue.put(content.alert);
      if (card.alert?.id === alert.id) card.show(content.alert, card.history);
    }
    if (status !== 200) {
      if (status !== 422) this.#complain(content);
      this.refresh(content.alert ?? alert);
      return answer;
    }
    this.#praise(what, body?.disposition, content.alert);
    if (what === "resolve" || what === "transfer") this.select(this.queue.next());
    else this.refresh(content.alert);
    return answer;
  }

  // Whoever has the card open keeps it: the lease is for agents who went away.
  async keepLease() {
    const { card } = this, alert = card.alert;
    if (!alert || this.busy || this.#renewing || !this.connected || holding(alert) !== "mine") return;
    if (Date.parse(alert.lease_until) - realNow() > shell.lease_seconds * 500) return;
    this.#renewing = true;
    const { content } = await call("POST", `/api/alerts/${alert.id}/prolong`);
    this.#renewing = false;
    if (content.alert && card.alert?.id === alert.id) card.show(content.alert, card.history);
  }

  // What others closed is shown for a moment, so that it does not vanish from under one's eyes.
  #moveOn(id) {
    const { card } = this;
    if (card.alert?.id === id && isClosed(card.alert)) this.select(this.queue.next());
  }

  #mine() {
    const { alert } = this.card;
    return alert && (holding(alert) === "mine" || (alert.state === "withdrawn" && alert.agent === shell.login));
  }

  #complain(content) {
    const problem = `problem_${content.problem ?? "network"}`;
    this.tell(say(problem in shell.words ? problem : "problem_refused", { name: content.alert?.agent_name ?? "" }), "bad");
  }

  #praise(what, disposition, alert) {
    if (what !== "resolve") return this.tell(say(`said_${{ claim: "claimed", release: "released", transfer: "transferred" }[what]}`));
    const result = say(`disposition_${disposition}`);
    const kept = KEPT.includes(disposition);
    this.tell(say(kept ? "said_kept" : "said_resolved", { result, value: money(alert.value.amount, alert.value.currency) }), kept ? "good" : "");
  }
}
