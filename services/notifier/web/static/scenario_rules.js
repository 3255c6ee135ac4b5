// The rules of a scenario: what sets it off, for whom, how often, what ends it, and who is left alone for comparison.

import { change } from "./scenario_draft.js";
import { areaField, choiceField, idOf, numberField, rangeField, severalField, textField, valuesField } from "./scenario_fields.js";
import { h, say, shell } from "./shell.js";

const open = () => ({ least: null, most: null });
// What a trigger of each kind begins with.
const TRIGGERS = {
  risk: () => ({ on: "risk", bands: ["high", "critical"], kinds: ["subscription"], reasons: [], unless: [] }),
  event: () => ({ on: "event", event: "order.placed" }),
  survey: () => ({ on: "survey", survey: null, score: open(), answers: [] }),
  silence: () => ({ on: "silence", days: 120 }),
  birthday: () => ({ on: "birthday", days_before: 7 }),
};

const named = (codes, prefix) => codes.map((code) => [code, say(`${prefix}${code.replaceAll(".", "_")}`)]);

export function rules(draft, redraw) {
  return [
    block("sc_rules_what", [textField(draft, "title", say("sc_title"), { most: 80 }), areaField(draft, "about", say("sc_about"), { rows: 2 })]),
    block("sc_rules_trigger", [kind(draft, redraw), ...triggerFields(draft)]),
    block("sc_rules_segment", segment(draft), say("sc_rules_segment_hint")),
    block("sc_rules_often", often(draft, redraw)),
    block("sc_rules_end", [severalField(draft, "ends", say("sc_ends"), named(shell.ends, "sc_end_"), { hint: say("sc_ends_hint") })]),
    block("sc_rules_measure", [
      choiceField(draft, "purpose", say("sc_purpose"), [["marketing", say("sc_purpose_marketing")], ["service", say("sc_purpose_service")]], { hint: say("sc_purpose_hint") }),
      numberField(draft, "holdout_percent", say("sc_holdout"), { most: 50, unit: "%", hint: say("sc_holdout_hint") }),
      numberField(draft, "most_per_hour", say("sc_most_per_hour"), { least: 1, unit: say("sc_unit_messages"), hint: say("sc_most_per_hour_hint") }),
    ]),
  ];
}

function block(title, fields, hint) {
  return h("section.rules-part", {}, h("h3", {}, say(title)), hint ? h("p.hint", {}, hint) : null, h("div.row", {}, fields));
}

function kind(draft, redraw) {
  const path = "trigger.on";
  const put = (event) => {
    draft.scenario.trigger = TRIGGERS[event.target.value]();
    change(draft, redraw, idOf(path));
  };
  return h("div.field", { "data-path": path }, h("label", { for: idOf(path) }, say("sc_trigger")),
    h("select", { id: idOf(path), onchange: put }, Object.keys(TRIGGERS).map((one) => h("option", { value: one, selected: one === draft.at(path) }, say(`sc_trigger_${one}`)))), h("p.wrong", { hidden: true }));
}

function triggerFields(draft) {
  const reasons = Object.entries(shell.reason_names);
  switch (draft.scenario.trigger.on) {
    case "risk":
      return [
        severalField(draft, "trigger.bands", say("sc_bands"), named(shell.bands, "band_")),
        severalField(draft, "trigger.kinds", say("sc_kinds"), named(shell.kinds, "sentence_kind_")),
        severalField(draft, "trigger.reasons", say("sc_reasons"), reasons, { hint: say("sc_reasons_hint"), folded: true }),
        severalField(draft, "trigger.unless", say("sc_unless"), reasons, { folded: true }),
      ];
    case "event":
      return [choiceField(draft, "trigger.event", say("sc_event"), named(shell.events, "sc_event_"))];
    case "survey":
      return [textField(draft, "trigger.survey", say("sc_survey"), { empty: null, hint: say("sc_survey_any") }), rangeField(draft, "trigger.score", say("sc_score"), say("sentence_unit_points")), valuesField(draft, "trigger.answers", say("sc_answers"))];
    case "silence":
      return [numberField(draft, "trigger.days", say("sc_silence_days"), { least: 1, unit: say("sc_unit_days") })];
    default:
      return [numberField(draft, "trigger.days_before", say("sc_days_before"), { unit: say("sc_unit_days") })];
  }
}

function segment(draft) {
  const range = (name, unit) => rangeField(draft, `segment.${name}`, say(`sc_segment_${name}`), unit);
  return [
    choiceField(draft, "segment.contract", say("sc_segment_contract"), [[null, say("sc_either")], [true, say("sc_contract_yes")], [false, say("sc_contract_no")]]),
    valuesField(draft, "segment.delivery_numbers", say("sc_segment_delivery_numbers"), { numbers: true }),
    valuesField(draft, "segment.products", say("sc_segment_products")),
    valuesField(draft, "segment.not_products", say("sc_segment_not_products")),
    valuesField(draft, "segment.prefectures", say("sc_segment_prefectures")),
    valuesField(draft, "segment.media", say("sc_segment_media")),
    range("orders", say("sc_unit_times")),
    range("spent", say("sc_unit_yen")),
    range("amount", say("sc_unit_yen")),
    range("customer_days", say("sc_unit_days")),
    range("silent_days", say("sc_unit_days")),
    range("bound_left", say("sc_unit_times")),
    range("skips_in_a_row", say("sc_unit_times")),
  ];
}

// Never again, at every occasion, or after some days: one number in the file, three words here.
function often(draft, redraw) {
  const path = "again_after_days";
  const now = draft.at(path);
  const mode = now === null ? "never" : now === 0 ? "always" : "after";
  const put = (event) => {
    draft.scenario[path] = { never: null, always: 0, after: 90 }[event.target.value];
    change(draft, redraw, "again");
  };
  return [
    h("div.field", {}, h("label", { for: "again" }, say("sc_again")), h("select", { id: "again", onchange: put }, ["always", "after", "never"].map((one) => h("option", { value: one, selected: one === mode }, say(`sc_again_${one}`)))), h("p.wrong", { hidden: true })),
    mode === "after" ? numberField(draft, path, say("sc_again_days"), { least: 1, unit: say("sc_unit_days") }) : null,
    textField(draft, "group", say("sc_group"), { hint: say("sc_group_hint"), most: 60 }),
    numberField(draft, "priority", say("sc_priority"), { most: 1000, hint: say("sc_priority_hint") }),
  ].filter(Boolean);
}
