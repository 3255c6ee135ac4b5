// Fields: labelled controls that write straight into the draft, each with a place for what is wrong with it.

import { problemText } from "./scenario_parts.js";
import { h, say } from "./shell.js";

export const idOf = (path) => `f-${path.replaceAll(".", "-")}`;

const about = (path, hint) => ({ id: idOf(path), "aria-describedby": `${hint ? `${idOf(path)}-hint ` : ""}${idOf(path)}-wrong` });
const under = (path, hint) => [hint && h("small.hint", { id: `${idOf(path)}-hint` }, hint), h("p.wrong", { id: `${idOf(path)}-wrong`, hidden: true })];

function field(path, label, control, hint, kind = "") {
  return h(`div.field${kind}`, { "data-path": path }, h("label", { for: idOf(path) }, label), control, under(path, hint));
}

export function textField(draft, path, label, { hint, empty = "", most = 200, id } = {}) {
  const put = (event) => draft.put(path, event.target.value === "" ? empty : event.target.value);
  return field(path, label, h("input", { ...about(path, hint), type: "text", maxlength: most, value: draft.at(path) ?? "", oninput: put, "data-words": id }), hint);
}

export function areaField(draft, path, label, { hint, rows = 8 } = {}) {
  const put = (event) => draft.put(path, event.target.value);
  return field(path, label, h("textarea", { ...about(path, hint), rows, oninput: put, spellcheck: "false" }, draft.at(path)), hint, ".area");
}

// An empty one is null, which is "no limit" where `none` says so, and refused by the server elsewhere.
export function numberField(draft, path, label, { hint, least = 0, most, unit, none } = {}) {
  const put = (event) => draft.put(path, event.target.value === "" ? null : Number(event.target.value));
  const input = h("input", { ...about(path, hint), type: "number", inputmode: "numeric", step: "any", min: least, max: most, value: draft.at(path), placeholder: none, oninput: put });
  return field(path, label, unit ? h("span.with-unit", {}, input, h("span", {}, unit)) : input, hint, ".short");
}

export function timeField(draft, path, label, hint) {
  const put = (event) => draft.put(path, event.target.value ? `${event.target.value}:00` : null);
  return field(path, label, h("input", { ...about(path, hint), type: "time", value: draft.at(path)?.slice(0, 5), oninput: put }), hint, ".short");
}

// `options` are [value, word]; null is an option as well.
export function choiceField(draft, path, label, options, { hint, then } = {}) {
  const put = (event) => {
    draft.put(path, options[event.target.selectedIndex][0]);
    then?.();
  };
  const now = draft.at(path);
  return field(path, label, h("select", { ...about(path, hint), onchange: put }, options.map(([value, word]) => h("option", { selected: value === now }, word))), hint);
}

export function tickField(draft, path, label, hint) {
  const put = (event) => draft.put(path, event.target.checked);
  return h("div.field.tick", { "data-path": path }, h("label", {}, h("input", { ...about(path, hint), type: "checkbox", checked: draft.at(path), onchange: put }), label), under(path, hint));
}

// Several of a closed list; kept in the list's order, so that the same choice is always written the same.
export function severalField(draft, path, label, options, { hint, folded } = {}) {
  const put = (value, on) => {
    const now = new Set(draft.at(path));
    on ? now.add(value) : now.delete(value);
    draft.put(path, options.map(([one]) => one).filter((one) => now.has(one)));
    if (folded) title.textContent = heading();
  };
  const heading = () => say("sc_chosen", { label, n: draft.at(path).length });
  const boxes = h("div.boxes", {}, options.map(([value, word]) => h("label", {}, h("input", { type: "checkbox", id: `${idOf(path)}-${value}`, checked: draft.at(path).includes(value), onchange: (event) => put(value, event.target.checked) }), word)));
  const title = h("summary", {}, folded ? heading() : "");
  const group = h("fieldset", about(path, hint), h("legend", {}, label), boxes);
  return h("div.field.several", { "data-path": path }, folded ? h("details", {}, title, group) : group, under(path, hint));
}

// Free values, with commas between them.
export function valuesField(draft, path, label, { hint = say("sc_values_hint"), numbers = false } = {}) {
  const read = (text) => text.split(/[,、\s]+/).filter(Boolean).map((one) => (numbers && /^\d+$/.test(one) ? Number(one) : one));
  const put = (event) => draft.put(path, read(event.target.value));
  return field(path, label, h("input", { ...about(path, hint), type: "text", value: draft.at(path).join(", "), oninput: put }), hint);
}

export function rangeField(draft, path, label, unit) {
  const one = (end) => {
    const put = (event) => draft.put(`${path}.${end}`, event.target.value === "" ? null : Number(event.target.value));
    return h("input", { id: idOf(`${path}.${end}`), type: "number", inputmode: "numeric", step: "1", "aria-label": say(`sc_${end}`, { label }), value: draft.at(`${path}.${end}`), oninput: put });
  };
  return h("div.field.range", { "data-path": path, role: "group", "aria-label": label }, h("span.label", {}, label), h("span.with-unit", {}, one("least"), h("span", {}, "〜"), one("most"), unit ? h("span", {}, unit) : null), under(path));
}

// `$.steps[0].delay` or `steps.0.delay` or a step by its key: all the same place.
export function placeOf(path, scenario) {
  const names = path.replace(/^\$\.?/, "").replace(/\[(\w+)\]/g, ".$1").split(".").filter(Boolean);
  let list = null, before = scenario;
  const places = names.map((name) => {
    list = Array.isArray(before) ? before : null;
    const at = list && !/^\d+$/.test(name) ? list.findIndex((one) => one?.key === name) : name;
    before = before?.[at];
    return String(at);
  });
  return places.join(".");
}

function nearest(root, path) {
  for (let names = path.split("."); names.length; names.pop()) {
    const found = root.querySelector(`.field[data-path="${CSS.escape(names.join("."))}"]`);
    if (found) return found;
  }
  return null;
}

// Every problem at its field; gives those for which there is none.
export function showProblems(root, problems, scenario) {
  for (const place of root.querySelectorAll(".field > .wrong")) place.hidden = true;
  for (const control of root.querySelectorAll("[aria-invalid]")) control.removeAttribute("aria-invalid");
  const shown = new Map(), homeless = [];
  for (const problem of problems) {
    const found = nearest(root, placeOf(problem.path, scenario));
    if (found) shown.set(found, [...(shown.get(found) ?? []), problemText(problem)]);
    else homeless.push(problem);
  }
  for (const [found, texts] of shown) {
    const place = found.querySelector(":scope > .wrong");
    place.hidden = false;
    place.textContent = texts.join(" ");
    found.querySelector("input, textarea, select")?.setAttribute("aria-invalid", "true");
  }
  return homeless;
}
