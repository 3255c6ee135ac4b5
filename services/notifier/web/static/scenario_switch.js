// The switch: on only after one has seen who would have got what, off, on again after a stop, and taking back.

import { toast } from "./office.js";
import { askIn, number, sure, way, wrongAnswer } from "./scenario_parts.js";
import { call } from "./server.js";
import { dateTime, h, nameOf, say, shell } from "./shell.js";

const DAYS = 30;
const path = (one, what) => `/api/scenarios/${one.key}/${what}`;

async function act(one, what, said, values = {}) {
  const answer = await call("POST", path(one, what));
  if (answer.status !== 200) toast(wrongAnswer(answer), "bad");
  else toast(say(said, { title: one.title, ...answer.content, ...values }), "good");
  return answer.status === 200;
}

// The dry run is shown first, and may be what keeps one from it.
export async function switchOn(one) {
  const place = h("div.dry", { "aria-live": "polite" }, h("p.muted", {}, say("sc_dry_running")));
  const asked = askIn(say("sc_on_title", one), place, [{ value: "", word: say("sc_cancel") }, { value: "yes", word: say("sc_on_yes"), primary: true, id: "sc-yes" }], "wide");
  document.getElementById("sc-yes").disabled = true;
  const answer = await call("POST", path(one, "dry-run"), { days: DAYS });
  const yes = document.getElementById("sc-yes");
  if (yes) {
    place.replaceChildren(...(answer.status === 200 ? dryRun(answer.content, one) : [h("p.problem", {}, wrongAnswer(answer))]));
    yes.disabled = answer.status !== 200;
  }
  return (await asked) === "yes" ? act(one, "on", "sc_said_on") : false;
}

// Without the switch, to look only.
export async function rehearse(one) {
  const place = h("div.dry", { "aria-live": "polite" }, h("p.muted", {}, say("sc_dry_running")));
  const asked = askIn(say("sc_dry_title", one), place, [{ value: "", word: say("sc_close"), primary: true }], "wide");
  const answer = await call("POST", path(one, "dry-run"), { days: DAYS });
  place.replaceChildren(...(answer.status === 200 ? dryRun(answer.content, one) : [h("p.problem", {}, wrongAnswer(answer))]));
  await asked;
}

export async function switchOff(one) {
  const text = say(one.numbers.planned ? "sc_off_sure_waiting" : "sc_off_sure", { n: number(one.numbers.planned) });
  return (await sure(say("sc_off_title", one), text, say("sc_off_yes"))) ? act(one, "off", "sc_said_off") : false;
}

export async function resume(one) {
  return (await sure(say("sc_resume_title", one), say("sc_resume_sure"), say("sc_resume"))) ? act(one, "resume", "sc_said_resumed") : false;
}

export async function recall(one) {
  return (await sure(say("sc_recall_title", one), say("sc_recall_sure", { n: number(one.numbers.planned) }), say("sc_recall_yes"))) ? act(one, "recall", "sc_said_recalled") : false;
}

// A provider's reason has its number in it.
export function reasonName(reason) {
  const key = `because_${reason.replace(/_\d+/, "")}`;
  return key in shell.words ? say(key, { n: /\d+/.exec(reason)?.[0] }) : reason;
}

function dryRun(run, one) {
  const messages = Object.entries(run.messages);
  const suppressed = Object.entries(run.suppressed).sort(([, a], [, b]) => b - a);
  return [
    h("p.lead", {}, say("sc_dry_lead", { days: run.days })),
    h("dl.tiles", {},
      tile("sc_dry_enrolled", run.enrolled), tile("sc_dry_held", run.held),
      ...messages.map(([by, n]) => h("div.tile", {}, h("dt", {}, way(by)), h("dd", {}, number(n)))),
      h("div.tile", { class: run.per_hour_peak > one.most_per_hour ? "bad" : undefined }, h("dt", {}, say("sc_dry_peak")), h("dd", {}, number(run.per_hour_peak)))),
    run.per_hour_peak > one.most_per_hour ? h("p.problem", {}, say("sc_dry_over", { n: number(one.most_per_hour) })) : null,
    run.whole ? null : h("p.hint", {}, say("sc_dry_part")),
    suppressed.length ? h("section", {}, h("h3", {}, say("sc_dry_suppressed")), h("ul.reasons", {}, suppressed.map(([reason, n]) => h("li", {}, h("b", {}, number(n)), ` ${reasonName(reason)}`)))) : null,
    h("section", {}, h("h3", {}, say("sc_dry_examples")), run.examples.length ? examples(run.examples) : h("p.muted", {}, say("sc_dry_nobody"))),
  ].filter(Boolean);
}

const tile = (word, n) => h("div.tile", {}, h("dt", {}, say(word)), h("dd", {}, number(n)));

function examples(all) {
  return h("div.sheet", { role: "region", "aria-label": say("sc_dry_examples"), tabindex: "0" }, h("table", {},
    h("thead", {}, h("tr", {}, ["sc_who", "sc_when", "sc_step", "sc_way", "sc_outcome"].map((word) => h("th", { scope: "col" }, say(word))))),
    h("tbody", {}, all.map((one) => h("tr", {},
      h("th", { scope: "row" }, nameOf(one)), h("td.number", {}, dateTime(one.at)), h("td", {}, one.step), h("td", {}, one.way ? way(one.way) : "—"),
      h("td", {}, h(`span.pill.outcome-${one.outcome}`, {}, `sc_outcome_${one.outcome}` in shell.words ? say(`sc_outcome_${one.outcome}`) : one.outcome), one.reason ? ` ${reasonName(one.reason)}` : ""))))));
}
