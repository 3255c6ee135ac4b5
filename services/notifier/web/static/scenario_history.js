// The history of a scenario: every version, what it changed in words, and taking one of them again.

import { moment, toast } from "./office.js";
import { delayText, wayName } from "./scenario_parts.js";
import { call } from "./server.js";
import { h, say, shell } from "./shell.js";

// `take(scenario)` puts an old version into the draft.
export function history(told, take) {
  return h("ol.versions", {}, told.versions.map((one, at) => version(told, one, told.versions[at + 1], take)));
}

function version(told, one, before, take) {
  const place = h("div.differences", {});
  const newest = one.version === told.version;
  const show = async (event) => {
    if (!event.target.open || place.childElementCount) return;
    const [now, then] = await Promise.all([body(told, one), before ? body(told, before) : null]);
    if (!now) return;
    place.replaceChildren(before && then ? differenceList(then, now) : h("p.muted", {}, say("sc_first_version")));
  };
  const again = async () => {
    const scenario = await body(told, one);
    if (scenario) take(scenario, one.version);
  };
  return h("li.version", {},
    h("div.version-head", {}, h("b", {}, say("sc_version", { n: one.version })), newest ? h("span.pill.mine", {}, say("sc_newest")) : null,
      h("span", {}, moment(one.saved_at)), h("span", {}, one.saved_by ?? say("sc_shipped")),
      h("span.note", {}, one.note ?? ""),
      newest ? null : h("button.small", { type: "button", id: `take-${one.version}`, "aria-label": say("sc_take_n", { n: one.version }), onclick: again }, say("sc_take"))),
    h("details", { ontoggle: show }, h("summary", { id: `differences-${one.version}` }, say("sc_what_changed")), place));
}

async function body(told, one) {
  const { status, content } = await call("GET", `/api/scenarios/${told.scenario.key}/versions/${one.version}`);
  if (status === 200) return content.scenario;
  toast(say("problem_network"), "bad");
  return null;
}

export function differenceList(before, after) {
  const found = differences(before, after);
  if (!found.length) return h("p.muted", {}, say("sc_no_difference"));
  return h("dl.diff", {}, found.flatMap(({ path, was, is }) => [h("dt", {}, labelOf(path)), h("dd", {}, was === undefined ? null : h("del", {}, shown(was, path)), is === undefined ? null : h("ins", {}, shown(is, path)))]));
}

const isPlain = (value) => value === null || value === undefined || typeof value !== "object";
const keyed = (list) => list.length > 0 && list.every((one) => one?.key);

// What differs, as [{path, was, is}]; steps and texts are compared by their keys, lists of words as a whole.
export function differences(before, after, path = []) {
  if (path.at(-1) === "version" || JSON.stringify(before) === JSON.stringify(after)) return [];
  if (isPlain(before) || isPlain(after)) return [{ path, was: before, is: after }];
  if (Array.isArray(before) && Array.isArray(after)) {
    if (!keyed([...before, ...after])) return [{ path, was: before, is: after }];
    return ofMaps(byKey(before), byKey(after), path);
  }
  return ofMaps(before, after, path);
}

const byKey = (list) => Object.fromEntries(list.map((one) => [one.key, one]));

function ofMaps(before, after, path) {
  const names = new Set([...Object.keys(before), ...Object.keys(after)]);
  return [...names].flatMap((name) => differences(before[name], after[name], [...path, name]));
}

// One's own changes put upon theirs: where both changed the same, one's own holds.
export function merged(before, mine, theirs) {
  if (JSON.stringify(mine) === JSON.stringify(before)) return theirs;
  if (JSON.stringify(theirs) === JSON.stringify(before) || [before, mine, theirs].some(isPlain)) return mine;
  if (Array.isArray(mine)) {
    if (!keyed([...before, ...mine, ...theirs])) return mine;
    const of = mergedMaps(byKey(before), byKey(mine), byKey(theirs));
    const order = [...new Set([...mine, ...theirs].map((one) => one.key))];
    return order.filter((key) => key in of).map((key) => of[key]);
  }
  return mergedMaps(before, mine, theirs);
}

function mergedMaps(before, mine, theirs) {
  const names = [...new Set([...Object.keys(mine), ...Object.keys(theirs)])];
  return Object.fromEntries(names.map((name) => [name, merged(before[name], mine[name], theirs[name])]).filter(([, value]) => value !== undefined));
}

function labelOf(path) {
  return path.map((name) => (`sc_name_${name}` in shell.words ? say(`sc_name_${name}`) : name)).join(" › ");
}

function shown(value, path) {
  if (value === null || value === "") return "—";
  if (value === true || value === false) return say(value ? "sc_yes" : "sc_no");
  if (Array.isArray(value)) return value.map((one) => shown(one, path)).join("、") || "—";
  if (path.at(-1) === "ways" || path.at(-1) === "way") return wayName(value);
  if (isPlain(value)) return String(value);
  if (value.ways) return `${delayText(value.delay)} ${value.ways.map(wayName).join(" → ")}`;
  if (value.body !== undefined) return value.subject || value.body;
  if (value.label !== undefined) return `${value.label} (${value.answer})`;
  return JSON.stringify(value);
}
