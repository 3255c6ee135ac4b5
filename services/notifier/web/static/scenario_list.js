// The list of all scenarios: what sets each off, its steps, how it stands, and what it came to in the last 30 days.

import { unsaved } from "./scenario_draft.js";
import { haltedText, lineOf, number, stateOf, statePill } from "./scenario_parts.js";
import { recall, resume, switchOff, switchOn } from "./scenario_switch.js";
import { h, say } from "./shell.js";

const NUMBERS = ["open", "enrolled", "planned", "sent", "deferred", "suppressed", "held", "unknown"];
const ORDER = { halted: 0, on: 1, off: 2 };

// `again` loads anew after something was changed.
export function list(scenarios, again) {
  const drafts = unsaved();
  const sorted = [...scenarios].sort((a, b) => ORDER[stateOf(a)] - ORDER[stateOf(b)] || a.title.localeCompare(b.title, "ja"));
  return h("ul.scenario-list", {}, sorted.map((one) => card(one, drafts.has(one.key), again)));
}

function card(one, draft, again) {
  const halted = stateOf(one) === "halted";
  return h(`li.scenario-card.is-${stateOf(one)}`, { id: `card-${one.key}`, "data-key": one.key },
    h("div.about", {},
      h("h3", {}, h("a", { href: `#/${one.key}`, id: `open-${one.key}` }, one.title), statePill(one), draft ? h("span.pill.draft", {}, say("sc_draft")) : null, h("small", {}, say("sc_version", { n: one.version }))),
      h("p.sentence", {}, one.sentence),
      halted ? h("p.halted", {}, say("sc_halted", { why: haltedText(one.halted_because) })) : null,
      lineOf(one.steps)),
    numbers(one),
    h("div.acts", {}, acts(one, again)));
}

export function numbers(one) {
  return h("dl.numbers", { "aria-label": say("sc_numbers") }, NUMBERS.map((name) => h("div", { class: !one.numbers[name] ? "zero" : name === "unknown" ? "bad" : undefined }, h("dt", { title: say(`sc_number_${name}_hint`) }, say(`sc_number_${name}`)), h("dd", {}, number(one.numbers[name])))));
}

export function acts(one, again) {
  const act = (word, what, kind = "small") => h(`button.${kind}`, { type: "button", id: `${word}-${one.key}`, "aria-label": `${say(word)}: ${one.title}`, onclick: async () => { if (await what(one)) again(); } }, say(word));
  const unsent = one.numbers.planned;
  return [
    one.halted_because ? act("sc_resume", resume, "primary") : null,
    h("button.switch", { type: "button", id: `switch-${one.key}`, role: "switch", "aria-checked": String(one.active), "aria-label": say("sc_switch", one), onclick: async () => { if (await (one.active ? switchOff : switchOn)(one)) again(); } }, h("i", { "aria-hidden": "true" }), h("span", {}, say(one.active ? "sc_turned_on" : "sc_turned_off"))),
    unsent ? act("sc_recall", recall) : null,
  ];
}
