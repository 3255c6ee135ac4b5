// Parts that all views of the scenarios share: ways, states, a step's timing in words, and dialogs with an answer.

import { h, say, shell } from "./shell.js";

export const wayName = (way) => say(`sc_way_${way}`);
export const way = (one) => h(`span.way.way-${one}`, {}, wayName(one));
export const number = (value) => value.toLocaleString(shell.language === "ja" ? "ja-JP" : "en-GB");

// on, off, or stopped by itself.
export const stateOf = (one) => (one.halted_because ? "halted" : one.active ? "on" : "off");
export function statePill(one) {
  const state = stateOf(one);
  return h(`span.pill.state-${state}`, {}, say(`sc_state_${state}`));
}

export function haltedText(because) {
  const key = `sc_halted_${because}`;
  return key in shell.words ? say(key) : because;
}

export function delayText(delay) {
  const parts = [];
  if (delay.days) parts.push(say("sc_n_days", { n: delay.days }));
  if (delay.hours) parts.push(say("sc_n_hours", { n: delay.hours }));
  const long = parts.join("");
  let told;
  if (delay.before) told = long ? say(`sc_before_${delay.before}`, { long }) : say(`sc_at_${delay.before}`);
  else told = long ? say("sc_after", { long }) : say("sc_at_once");
  if (delay.at) told += ` ${delay.at.slice(0, 5)}`;
  return delay.working_day ? `${told}${say("sc_working_day_mark")}` : told;
}

// The steps as one line: when, by which way.
export function lineOf(steps) {
  return h("ol.line", { "aria-label": say("sc_steps") }, steps.map((step) => h("li", {}, h("small", {}, delayText(step.delay), step.only_if?.length ? h("span.if", {}, say("sc_conditional")) : null), h("span.ways", {}, step.ways.map((one, at) => [at ? h("span.or", {}, say("sc_or")) : null, way(one)]).flat()))));
}

// A dialog of its own; ends with what `answers` gives for the chosen button, and null for any other way out.
export function askIn(title, content, buttons, kind = "") {
  const id = "sc-dialog-title";
  const close = (value) => { dialog.returnValue = value; dialog.close(value); };
  const dialog = h(`dialog.sc-dialog${kind && `.${kind}`}`, { "aria-labelledby": id },
    h("h2", { id }, title), content,
    h("div.buttons", {}, buttons.map(({ value, word, primary, id: name }) => h(primary ? "button.primary" : "button.quiet", { type: "button", id: name, onclick: () => close(value) }, word))));
  document.body.append(dialog);
  dialog.showModal();
  return new Promise((answer) => dialog.addEventListener("close", () => { dialog.remove(); answer(dialog.returnValue || null); }, { once: true }));
}

export const sure = async (title, text, yes) => (await askIn(title, h("p.question", {}, text), [{ value: "", word: say("sc_cancel") }, { value: "yes", word: yes, primary: true, id: "sc-yes" }])) === "yes";

// What the server said was wrong, in words.
export function problemText({ code, detail }) {
  const key = `scenario_problem_${code}`;
  return key in shell.words ? say(key, { detail: detail ?? "" }) : [code, detail].filter(Boolean).join(": ");
}

export const wrongAnswer = ({ status, content }) => say(status === 403 ? "sc_not_allowed" : status === 404 ? "sc_missing" : status === 0 ? "problem_network" : content.problem && `sc_problem_${content.problem}` in shell.words ? `sc_problem_${content.problem}` : "sc_refused");
