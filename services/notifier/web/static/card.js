// The card: who the selected customer is, why now, what to say, and what to do.

import { setText } from "./queue.js";
import { holds, reach } from "./reach.js";
import { accountOf, bandOf, businessNow, clockFace, date, dateTime, h, holding, money, nameOf, percent, realNow, reasonText, say, shell, time, untilCutoff } from "./shell.js";

export const DISPOSITIONS = ["kept", "kept_modified", "paused", "cancelled", "callback", "no_answer", "wrong_number", "dnc"];
export const KEPT = ["kept", "kept_modified", "paused"];
const ENDS = ["cancelled", "dnc"];
const DAY = 86_400_000;
// The second click of a double click on what stood in a button's place must not record a result.
const SETTLE = 500;

export class Card {
  #note = "";
  #todo = "";

  constructor(panel, act) {
    Object.assign(this, { panel, act, alert: null, history: [], contact: null });
    this.show(null);
  }

  // An answer that was overtaken is ignored. Redraws of the same card leave alone where an agent may be typing
  // (an input method loses what it is composing) or about to click, as long as there is the same to do.
  show(alert, history = []) {
    const same = alert && alert.id === this.alert?.id;
    if (same && alert.version < this.alert.version) return;
    if (!same || !holds(alert)) this.contact = null;
    const focused = same ? document.activeElement?.id : "";
    this.#note = same ? this.note() : "";
    const scroll = same ? this.panel.querySelector(".inner")?.scrollTop : 0;
    const keep = same && todoOf(alert) === this.#todo;
    Object.assign(this, { alert, history });
    this.#todo = todoOf(alert);
    this.panel.classList.toggle("blank", !alert);
    this.panel.dataset.band = alert?.band ?? "";
    if (keep) this.panel.querySelector(".inner").replaceWith(this.#inner());
    else this.panel.replaceChildren(...(alert ? [this.#inner(), this.#actions()] : [blank()]));
    if (scroll) this.panel.querySelector(".inner").scrollTop = scroll;
    if (focused) document.getElementById(focused)?.focus();
    this.tick();
  }

  reveal(id, contact) {
    if (this.alert?.id !== id || !holds(this.alert)) return;
    this.contact = contact;
    this.show(this.alert, this.history);
  }

  note() {
    return document.getElementById("note")?.value ?? this.#note;
  }

  tick() {
    if (!this.alert) return;
    if (todoOf(this.alert) !== this.#todo || (this.contact && !holds(this.alert))) return this.show(this.alert, this.history);
    const until = this.panel.querySelector(".stake .until");
    const cutoff = untilCutoff(this.alert.cutoff);
    until.className = `until ${cutoff.urgency}`;
    const ahead = cutoff.urgency === "soon" || cutoff.urgency === "calm";
    setText(until, ahead ? say("cutoff_in", { time: cutoff.text }) : cutoff.text);
    for (const small of this.panel.querySelectorAll("[data-moment]")) setText(small, relative(small.dataset.moment));
    const lease = this.panel.querySelector(".lease");
    if (lease) setText(lease, say("lease_left", { time: clockFace(Date.parse(this.alert.lease_until) - realNow()) }));
  }

  #inner() {
    const alert = this.alert;
    return h("div.inner", {}, head(alert, this.contact),
      h("div.cols", {},
        h("div", {},
          h("h3", {}, say("why_now"), h("small", {}, say("why_hint"))),
          h("ul", {}, alert.reasons.map((reason) => why(reason, alert))),
          ...strengths(alert),
          alert.rung === "full" ? null : h("p.rough", {}, say(`rung_${alert.rung}`)),
          h("h3", {}, say("script")),
          script(alert)),
        h("div", {},
          h("h3", {}, say(alert.kind === "repeat" ? "customer_facts" : "contract")),
          contract(alert),
          h("h3", {}, say("history")),
          h("ul.history", {}, this.history.map(entry)))));
  }

  #actions() {
    const alert = this.alert, held = holding(alert);
    if (alert.state === "resolved") return closed(say("closed_resolved"), alert, "resolved");
    if (alert.state === "withdrawn" && alert.agent !== shell.login) return closed(say("closed_withdrawn"), alert, "withdrawn");
    if (held === "mine" || alert.state === "withdrawn") return this.#results(alert);
    const label = held === "lapsed" ? say("take_over") : say("claim");
    const status = held === "theirs" ? say("held_by_other", { name: alert.agent_name }) : held === "lapsed" ? say("lapsed", { name: alert.agent_name }) : say("claim_hint", { minutes: Math.round(shell.lease_seconds / 60) });
    return h("div.actions", {}, h("div.line", {}, h("p.grow", {}, status),
      h("button.primary", { type: "button", id: "claim", disabled: held === "theirs", onclick: () => this.act("claim") }, label, h("kbd", {}, "Enter"))));
  }

  #results(alert) {
    const withdrawn = alert.state === "withdrawn";
    const buttons = DISPOSITIONS.map((disposition, index) =>
      h(`button${KEPT.includes(disposition) ? ".good" : ENDS.includes(disposition) ? ".end" : ""}`,
        { type: "button", "data-disposition": disposition, disabled: true, onclick: () => this.act("resolve", disposition) },
        h("kbd", {}, String(index + 1)), say(`disposition_${disposition}`)));
    setTimeout(() => buttons.forEach((button) => (button.disabled = false)), SETTLE);
    const note = h("textarea", { id: "note", maxlength: 2000, placeholder: say("note_hint"), "aria-label": say("note") });
    note.value = this.#note;
    return h("div.actions", {},
      withdrawn ? h("p.closed", {}, say("withdrawn_record")) : null,
      h("div.line", {},
        withdrawn ? null : h("p.lease", {}),
        note,
        withdrawn ? null : h("button.quiet", { type: "button", id: "release", onclick: () => this.act("release") }, say("release"))),
      h("div.results", { role: "group", "aria-label": say("result") }, buttons));
  }
}

// Time alone changes it too: a lease runs out.
const todoOf = (alert) => alert && [alert.id, alert.state, alert.agent, holding(alert)].join();

function blank() {
  return h("div.empty", {}, h("p.muted", {}, say("none_selected")));
}

function closed(text, alert, kind) {
  const result = alert.disposition ? `: ${say(`disposition_${alert.disposition}`)}` : "";
  return h("div.actions", {}, h("div.line", {}, h(`p.grow.closed.${kind}`, {}, text + result)));
}

function head(alert, contact) {
  return h("header.head", {},
    gauge(alert),
    h("div.person", {},
      alert.kana ? h("p.kana", {}, alert.kana) : null,
      h("h2", {}, nameOf(alert)),
      reach(alert, contact)),
    h("dl.stake", {}, h("dt", {}, say("value_at_risk")), h("dd", {}, money(alert.value.amount, alert.value.currency)), h("dd.until", {})));
}

function gauge(alert) {
  const round = 2 * Math.PI * 40;
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 92 92");
  svg.setAttribute("aria-hidden", "true");
  for (const [kind, share] of [["whole", 1], ["part", alert.probability]]) {
    const circle = document.createElementNS("http://www.w3.org/2000/svg", "circle");
    for (const [name, value] of Object.entries({ cx: 46, cy: 46, r: 40, class: kind, "stroke-dasharray": `${round * share} ${round}` })) circle.setAttribute(name, value);
    svg.append(circle);
  }
  const days = Math.round(alert.horizon_days);
  return h("div.gauge", { title: alert.kind === "payment" ? say("risk_of_payment", { days }) : say("risk_of_leaving", { days }) }, svg,
    h("p", {}, h("b", {}, percent(alert.probability), h("small", {}, "%")), h("span", {}, bandOf(alert))));
}

// Reasons and strengths share one scale, so that their bars can be compared.
function why(reason, { reasons, strengths }) {
  const most = Math.max(...[...reasons, ...strengths].map((one) => Math.abs(one.contribution)), 0.01);
  const width = `${Math.max(4, (Math.abs(reason.contribution) / most) * 100)}%`;
  return h("li.reason", {}, h("p", {}, reasonText(reason)), h("div.bar", { "aria-hidden": "true" }, h("i", { width })));
}

function strengths(alert) {
  if (alert.strengths.length === 0) return [];
  return [h("h3", {}, say("strengths")), h("ul.strengths", {}, alert.strengths.map((strength) => why(strength, alert)))];
}

function contract(alert) {
  const facts = [];
  if (alert.kind !== "repeat") {
    facts.push([say("deliveries"), deliveries(alert)]);
    facts.push([say("next_shipment"), alert.due ? moment(alert.due) : say("unknown")]);
    facts.push([say("change_until"), alert.cutoff ? moment(alert.cutoff, true) : say("no_cutoff")]);
    if (alert.subscription) facts.push([say("contract_number"), alert.subscription.split("/").at(-1)]);
  }
  facts.push([say("customer"), alert.customer_ref.split("/").at(-1)]);
  if (alert.accounts.length) facts.push([say("other_accounts"), h("span", {}, alert.accounts.map((ref) => h("span.account", {}, accountOf(ref))))]);
  facts.push([say("assessed_at"), h("span", {}, dateTime(alert.assessed_at), h("small", {}, `${say("model")} ${alert.model}`))]);
  return h("dl.facts-list", {}, facts.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]));
}

function deliveries(alert) {
  const n = alert.delivery_number ?? 0, m = alert.min_deliveries ?? 0;
  const left = m - n;
  const pips = m > 0 && m <= 12 ? h("span.pips", { "aria-hidden": "true" }, Array.from({ length: m }, (_, i) => h(i < n ? "i.full" : "i"))) : null;
  const hint = m === 0 ? say("no_minimum") : left > 0 ? say("remaining_minimum", { n: left }) : say("minimum_done");
  return h("span", {}, n ? say("delivery", { n }) : say("unknown"), pips, h("small", {}, m ? `${say("minimum", { m })} · ${hint}` : hint));
}

const moment = (at, withTime = false) => h("span", {}, withTime ? dateTime(at) : date(at), h("small", { "data-moment": at }));

function relative(at) {
  const days = Math.round((Date.parse(at) - businessNow()) / DAY);
  return Math.abs(days) < 60 ? new Intl.RelativeTimeFormat(shell.language, { numeric: "auto" }).format(days, "day") : "";
}

function script(alert) {
  const ofReason = alert.reasons.map((reason) => shell.scripts[reason.code]).find(Boolean);
  const found = shell.kind_scripts[alert.kind] ?? ofReason ?? shell.scripts[""];
  return h("div.script", {},
    h("q", {}, found.opening),
    h("p.offer", {}, found.proposal),
    h("p.never", {}, h("b", {}, say("script_never")), found.never));
}

function entry(one) {
  const detail = one.what === "resolved" ? say(`disposition_${one.detail}`) : one.what === "withdrawn" ? say(`cause_${one.detail}`) : one.detail ?? "";
  return h("li", {}, h("time", {}, time(one.at)), h("span", {}, say(`what_${one.what}`, { agent: one.agent ?? "", detail })));
}
