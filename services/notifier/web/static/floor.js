// Floor: the queue and the agents as they are now; alerts change hands here.

import { age } from "./ages.js";
import { Part } from "./part.js";
import { call } from "./server.js";
import { h, money, realNow, say, untilCutoff } from "./shell.js";

const $ = (id) => document.getElementById(id);
const CUTOFFS = ["past", "within_day", "within_three", "later", "undated"];
const QUEUE = "";

const since = (moment) => age((realNow() - Date.parse(moment)) / 1000);
const nameOf = ({ name }) => name ? say("honorific", { name }) : say("team_nameless");

export class Floor {
  #told = null;

  constructor(toast) {
    this.toast = toast;
    this.queue = new Part($("queue-now"), tiles);
    this.agents = new Part($("agents"), (agents, held, choice) => [agentTable(agents, held, choice, this.#give)]);
    this.next = new Part($("next"), (waiting, choice) => [nextTable(waiting, choice, this.#give)]);
  }

  async load() {
    const { status, content } = await call("GET", "/api/team/now");
    if (status !== 200) return;
    this.#told = content;
    this.#draw();
  }

  // Who is choosing from a list keeps it.
  #draw() {
    const { queue, sla_minutes, requests, agents, held, waiting } = this.#told;
    const choice = agents.map(({ login, name, here }) => ({ login, name, here }));
    const ages = (list, from) => list.map((one) => ({ ...one, age: since(one[from]) }));
    this.queue.draw({ ...queue, oldest: queue.oldest && since(queue.oldest) }, sla_minutes, requests);
    if (!$("agents").querySelector("select:focus")) this.agents.draw(agents, ages(held, "since"), choice);
    if (!$("next").querySelector("select:focus")) this.next.draw(ages(waiting, "raised_at"), choice);
  }

  #give = async (id, to) => {
    const { status } = await call("POST", `/api/alerts/${id}/assign`, { to: to === QUEUE ? null : to });
    const who = this.#told.agents.find(({ login }) => login === to)?.name;
    if (status !== 200) this.toast(say("team_problem"), "bad");
    else this.toast(who ? say("team_assigned", { name: who }) : say("team_returned"), "good");
    await this.load();
  };
}

function tiles(queue, minutes, requests) {
  const count = (n) => h("b", {}, String(n));
  return [
    tile("team_waiting", count(queue.waiting), cutoffs(queue)),
    tile("team_oldest", h("b", {}, queue.oldest ?? say("team_none"))),
    tile(queue.late ? "bad" : "", count(queue.late), null, say("team_late", { minutes })),
    tile("team_deferred", count(queue.deferred)),
    tile("team_parked", count(queue.parked)),
    tile("team_requests", count(requests.waiting), h(requests.overdue ? "p.warn" : "p.muted", {}, overdue(requests))),
  ];
}

function tile(key, value, more = null, title = say(key)) {
  return h(key === "bad" ? "div.tile.bad" : "div.tile", {}, h("h3", {}, title), h("p.big", {}, value), more);
}

const overdue = ({ waiting, overdue }) =>
  overdue ? say("team_requests_overdue", { n: overdue }) : say(waiting ? "team_requests_fine" : "team_requests_none");

function cutoffs(queue) {
  return h("ul.cutoffs", { "aria-label": say("team_by_cutoff") },
    CUTOFFS.filter((key) => queue[key]).map((key) => h("li", { "data-cutoff": key }, `${say(`cutoff_${key}`)} `, h("b", {}, String(queue[key])))));
}

const head = (...keys) => h("thead", {}, h("tr", {}, keys.map((key) => h("th", { scope: "col" }, say(key)))));

function agentTable(agents, held, choice, give) {
  const rows = agents.map((agent) => h("tr", { "data-agent": agent.login },
    h("th", { scope: "row" }, agent.name, h(agent.here ? "span.pill.here" : "span.pill", {}, say(agent.here ? "team_here" : "team_away"))),
    h("td", {}, held.filter((one) => one.agent === agent.login).map((one) => inHand(one, choice, give))),
    ...["calls", "reached", "kept"].map((name) => h("td.number", {}, String(agent[name])))));
  return h("table", {}, head("team_agent", "team_in_hand", "team_done_today", "team_reached_today", "team_kept_today"), h("tbody", {}, rows));
}

function inHand(one, choice, give) {
  const over = Date.parse(one.lease_until) <= realNow();
  return h("div.held", {},
    h("span", {}, h("b", {}, nameOf(one)), ` ${say("team_held_for", { time: one.age })}`, over ? h("em.warn", {}, ` ${say("team_lease_over")}`) : null),
    giving(one, choice.filter(({ login }) => login !== one.agent), give, true));
}

function nextTable(waiting, choice, give) {
  if (waiting.length === 0) return h("p.muted", {}, say("team_none"));
  const rows = waiting.map((one) => {
    const left = untilCutoff(one.cutoff);
    return h("tr", {},
      h("th", { scope: "row" }, nameOf(one), h("span.pill", { "data-band": one.band }, say(`band_${one.band}`))),
      h("td.number", {}, money(one.value_amount, one.value_currency)),
      h(`td.until.${left.urgency}`, {}, left.text),
      h("td", {}, one.age),
      h("td", {}, giving(one, choice, give, false)));
  });
  return h("table", {}, head("team_customer", "team_value", "cutoff", "team_wait", "team_assign"), h("tbody", {}, rows));
}

function giving(one, choice, give, toQueue) {
  const select = h("select", { id: `give-${one.id}`, "aria-label": say("team_assign_to", { name: nameOf(one) }) },
    h("option", { value: "-", disabled: true, selected: true }, say("team_choose")),
    toQueue ? h("option", { value: QUEUE }, say("team_to_queue")) : null,
    choice.map(({ login, name, here }) => h("option", { value: login }, here ? `${name} (${say("team_here")})` : name)));
  const button = h("button.quiet", { type: "button", id: `do-${one.id}`, "aria-label": `${say("team_give")}: ${nameOf(one)}`, onclick: () => select.value !== "-" && give(one.id, select.value) }, say("team_give"));
  return h("span.giving", {}, select, button);
}
