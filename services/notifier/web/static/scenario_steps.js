// The steps of a scenario, one under another: when each is due, on what condition, by which ways, in which words.

import { creatives } from "./scenario_creatives.js";
import { change } from "./scenario_draft.js";
import { choiceField, idOf, numberField, textField, tickField, timeField } from "./scenario_fields.js";
import { delayText, way, wayName } from "./scenario_parts.js";
import { h, say, shell } from "./shell.js";

// `seen` is {step, creative}: what is open and previewed; `redraw` draws all of this anew, `look(step, creative)` previews.
export function steps(draft, seen, redraw, look) {
  const all = draft.scenario.steps;
  return [
    ...all.map((step, at) => card(draft, at, { open: at === seen.step, seen, redraw, look })),
    h("button.quiet.add", { type: "button", id: "add-step", onclick: () => add(draft, redraw) }, say("sc_add_step")),
  ];
}

function card(draft, at, { open, seen, redraw, look }) {
  const step = draft.scenario.steps[at];
  const path = `steps.${at}`;
  const body = h("div.step-body", { id: `step-body-${at}`, hidden: !open },
    h("div.pair", {}, timing(draft, path), ways(draft, path, redraw)),
    creatives(draft, at, seen, redraw, look),
    conditions(draft, path, at, redraw),
    identity(draft, path, at, redraw));
  return h("section.step", { "aria-label": say("sc_step_n", { n: at + 1 }) },
    h("h3", {}, h("button.step-head", { type: "button", id: `step-${at}`, "aria-expanded": String(open), "aria-controls": `step-body-${at}`, onclick: () => look(open ? -1 : at, 0) },
      h("span.n", { "aria-hidden": "true" }, String(at + 1)),
      h("span.when", { "data-when": at }, delayText(step.delay)),
      h("span.ways", {}, step.ways.map(way)),
      h("span.key", {}, step.key),
      h("span.errors", { "data-errors": at, hidden: true }))),
    body);
}

// What the heads of the steps say of their inside, without drawing them anew.
export function refreshHeads(root, draft) {
  draft.scenario.steps.forEach((step, at) => {
    const wrong = root.querySelectorAll(`#step-body-${at} [aria-invalid]`).length;
    const errors = root.querySelector(`[data-errors="${at}"]`);
    errors.hidden = !wrong;
    errors.textContent = say("sc_errors", { n: wrong });
    root.querySelector(`[data-when="${at}"]`).textContent = delayText(step.delay);
  });
}

function identity(draft, path, at, redraw) {
  const all = draft.scenario.steps;
  const move = (by) => {
    [all[at], all[at + by]] = [all[at + by], all[at]];
    change(draft, redraw, `step-${at + by}`, at + by);
  };
  const drop = () => {
    all.splice(at, 1);
    change(draft, redraw, "add-step", Math.max(0, at - 1));
  };
  return h("div.row.top-row", {},
    textField(draft, `${path}.key`, say("sc_step_key"), { hint: say("sc_key_hint"), most: 60 }),
    h("div.buttons", {},
      h("button.small", { type: "button", id: `up-${at}`, disabled: at === 0, "aria-label": say("sc_up"), onclick: () => move(-1) }, "↑"),
      h("button.small", { type: "button", id: `down-${at}`, disabled: at === all.length - 1, "aria-label": say("sc_down"), onclick: () => move(1) }, "↓"),
      h("button.small", { type: "button", id: `drop-${at}`, disabled: all.length === 1, onclick: drop }, say("sc_drop_step"))));
}

function timing(draft, path) {
  return h("fieldset.part.timing", {}, h("legend", {}, say("sc_timing")), h("div.row", {},
    numberField(draft, `${path}.delay.days`, say("sc_days"), { most: 3650, unit: say("sc_unit_days") }),
    numberField(draft, `${path}.delay.hours`, say("sc_hours"), { most: 999, unit: say("sc_unit_hours") }),
    choiceField(draft, `${path}.delay.before`, say("sc_counted"), [[null, say("sc_count_after")], ["due", say("sc_count_due")], ["cutoff", say("sc_count_cutoff")]]),
    timeField(draft, `${path}.delay.at`, say("sc_time_of_day"), say("sc_time_hint")),
    numberField(draft, `${path}.useful_for_days`, say("sc_useful"), { least: 1, most: 365, unit: say("sc_unit_days"), hint: say("sc_useful_hint") })),
    tickField(draft, `${path}.delay.working_day`, say("sc_working_day")));
}

function conditions(draft, path, at, redraw) {
  const all = draft.at(`${path}.only_if`);
  const earlier = draft.scenario.steps.slice(0, at).map((step) => [step.key, step.key]);
  if (!earlier.length && !all.length) return null;
  const one = (place) => h("li", {},
    choiceField(draft, `${path}.only_if.${place}.step`, say("sc_if_step"), earlier),
    choiceField(draft, `${path}.only_if.${place}.did`, say("sc_if_did"), shell.dids.map((did) => [did, say(`sc_did_${did}`)])),
    choiceField(draft, `${path}.only_if.${place}.yes`, say("sc_if_yes"), [[true, say("sc_if_so")], [false, say("sc_if_not")]]),
    h("button.small", { type: "button", id: `drop-if-${at}-${place}`, "aria-label": say("sc_drop_condition"), onclick: () => { all.splice(place, 1); change(draft, redraw, `add-if-${at}`); } }, "×"));
  const added = () => {
    all.push({ step: earlier[0][0], did: "opened", yes: false });
    change(draft, redraw, idOf(`${path}.only_if.${all.length - 1}.step`));
  };
  return h("fieldset.part", {}, h("legend", {}, say("sc_conditions")),
    h("div.field", { "data-path": `${path}.only_if` }, all.length ? h("ul.conditions", {}, all.map((_, place) => one(place))) : h("p.hint", {}, say("sc_no_condition")), h("p.wrong", { hidden: true })),
    h("button.small", { type: "button", id: `add-if-${at}`, disabled: !earlier.length, onclick: added }, say("sc_add_condition")));
}

function ways(draft, path, redraw) {
  const chosen = draft.at(`${path}.ways`);
  const id = (one, what) => `${idOf(`${path}.ways`)}-${one}-${what}`;
  const left = shell.ways.filter((one) => !chosen.includes(one));
  const drop = (one) => { chosen.splice(chosen.indexOf(one), 1); change(draft, redraw, `${idOf(`${path}.ways`)}-add`); };
  const first = (at) => { chosen.splice(at - 1, 0, ...chosen.splice(at, 1)); change(draft, redraw, id(chosen[at - 1], "drop")); };
  const add = (event) => {
    const one = event.target.value;
    if (!one) return;
    chosen.push(one);
    if (!draft.at(`${path}.creatives`).some((creative) => creative.way === one)) draft.at(`${path}.creatives`).push(blank(one));
    change(draft, redraw, id(one, "drop"));
  };
  return h("fieldset.part", {}, h("legend", {}, say("sc_ways")), h("div.field", { "data-path": `${path}.ways` },
    h("ol.chosen", {}, chosen.map((one, at) => h("li", {}, at ? h("span.or", {}, say("sc_else")) : null, way(one),
      at ? h("button.small", { type: "button", id: id(one, "first"), "aria-label": say("sc_prefer", { way: wayName(one) }), onclick: () => first(at) }, "←") : null,
      h("button.small", { type: "button", id: id(one, "drop"), disabled: chosen.length === 1, "aria-label": say("sc_drop_way", { way: wayName(one) }), onclick: () => drop(one) }, "×"))),
      left.length ? h("li", {}, h("select", { id: `${idOf(`${path}.ways`)}-add`, "aria-label": say("sc_add_way"), onchange: add }, h("option", { value: "" }, say("sc_add_way")), left.map((one) => h("option", { value: one }, wayName(one))))) : null),
    h("p.hint", {}, say("sc_ways_hint")), h("p.wrong", { hidden: true })));
}

const blank = (one, key = one) => ({ key, way: one, body: "", subject: "", share: 1, form: "postcard", replies: [], survey: null, item: null, endpoint: null });

function add(draft, redraw) {
  const all = draft.scenario.steps;
  const free = (n) => (all.some((step) => step.key === `step${n}`) ? free(n + 1) : `step${n}`);
  const last = all.at(-1);
  const delay = { days: (last && !last.delay.before ? last.delay.days : 0) + 3, hours: 0, at: null, before: null, working_day: false };
  all.push({ key: free(all.length + 1), ways: ["mail"], creatives: [blank("mail")], delay, only_if: [], useful_for_days: 14 });
  change(draft, redraw, `step-${all.length - 1}`, all.length - 1);
}
