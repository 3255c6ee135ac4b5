// Who is in a scenario, and at which step: until when each waits, how the last message ended and why.

import { toast } from "./office.js";
import { way } from "./scenario_parts.js";
import { reasonName } from "./scenario_switch.js";
import { call } from "./server.js";
import { date, dateTime, h, nameOf, say, shell } from "./shell.js";

const MOST = 100;
const WAITS = new Set(["planned", "claimed", "retry_at", "batched"]);

export async function people(told, step, choose) {
  const query = `?most=${MOST}${step ? `&step=${encodeURIComponent(step)}` : ""}`;
  const { status, content } = await call("GET", `/api/scenarios/${told.scenario.key}/people${query}`);
  if (status !== 200) {
    toast(say("problem_network"), "bad");
    return [];
  }
  const options = [["", say("sc_all_steps")], ...told.scenario.steps.map((one) => [one.key, say("sc_waits_for", { step: one.key })])];
  return [
    h("div.people-head", {},
      h("label", {}, say("sc_at_step"), h("select", { id: "people-step", onchange: (event) => choose(event.target.value || null) }, options.map(([value, word]) => h("option", { value, selected: value === (step ?? "") }, word)))),
      h("p", {}, h("a", { href: `/messages?scenario=${told.scenario.key}` }, say("sc_to_messages")), h("a", { href: `/effect?scenario=${told.scenario.key}` }, say("sc_to_effect")))),
    content.people.length >= MOST ? h("p.hint", {}, say("sc_people_most", { n: MOST })) : "",
    content.people.length ? table(content.people) : h("p.empty-people", {}, say("sc_nobody")),
  ];
}

function table(all) {
  return h("div.sheet", { role: "region", "aria-label": say("sc_people"), tabindex: "0" }, h("table", {},
    h("caption.unseen", {}, say("sc_people")),
    h("thead", {}, h("tr", {}, ["sc_who", "sc_since", "sc_next", "sc_waits_until", "sc_last"].map((word) => h("th", { scope: "col" }, say(word))))),
    h("tbody", {}, all.map(row))));
}

function row(person) {
  const next = person.steps.find((one) => WAITS.has(one.state));
  const last = person.steps.filter((one) => !WAITS.has(one.state)).at(-1);
  return h("tr", { class: person.ended ? "shut" : undefined },
    h("th", { scope: "row" }, nameOf(person), person.held ? h("span.pill", {}, say("sc_held_pill")) : null),
    h("td.number", {}, date(person.enrolled_at), h("small", {}, say("sc_version", { n: person.version }))),
    h("td", {}, person.ended ? say("sc_out", { why: endName(person.ended) }) : next ? [way(next.way), ` ${next.step}`] : say("sc_no_more")),
    h("td.number", {}, next && !person.ended ? dateTime(next.due_at) : "—", next?.reason ? h("small", {}, reasonName(next.reason)) : null),
    h("td", {}, last ? [h(`span.pill.outcome-${last.state}`, {}, say(`sc_outcome_${last.state}`)), ` ${last.step}`, last.reason ? h("small", {}, reasonName(last.reason)) : null] : "—"));
}

const endName = (end) => (`sc_end_${end}` in shell.words ? say(`sc_end_${end}`) : end);
