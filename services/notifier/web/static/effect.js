// Effect: a scenario and a period are picked; what it came to is said in a sentence, and shown.

import { arms, contests, moneyTiles, segments } from "./effect_parts.js";
import { forest, sequence } from "./effect_forest.js";
import { number, sentences, stateOf } from "./effect_said.js";
import { call } from "./server.js";
import { date, h, money, say, setText } from "./shell.js";

const $ = (id) => document.getElementById(id);
const CHOICES = ["scenario", "span", "days", "part", "entries"];
let asked = 0;

function toast(text, kind = "") {
  const element = h(`p.toast${kind && `.${kind}`}`, {}, text);
  $("toasts").replaceChildren(element);
  setTimeout(() => element.remove(), 5_000);
}

function question() {
  const wanted = { scenario: $("scenario").value, span: $("span").value, days: Number($("days").value), part: $("part").value, entries: $("entries").value };
  return wanted.span === "own" ? { ...wanted, first: $("first").value, last: $("last").value } : wanted;
}

async function begin() {
  const { status, content } = await call("GET", "/api/effects/scenarios");
  if (status !== 200) return wrong(status);
  if (content.scenarios.length === 0) return nobody("effect_nobody");
  const options = content.scenarios.map((one) => h("option", { value: one.key }, say("effect_scenario_of", { title: one.title ?? one.key, n: number(one.enrolled) })));
  $("scenario").replaceChildren(...options);
  const wanted = new URLSearchParams(location.search).get("scenario");
  if (content.scenarios.some((one) => one.key === wanted)) $("scenario").value = wanted;
  await load();
}

// Of two questions the later one's answer is shown, whichever comes first.
async function load() {
  if (!$("scenario").value) return;
  const mine = ++asked;
  const { status, content } = await call("GET", `/api/effects?${new URLSearchParams(question())}`);
  if (mine !== asked) return;
  wrong(status);
  if (status === 200) show(content);
}

function wrong(status) {
  $("asked-wrong").hidden = status === 200;
  if (status !== 200) setText($("asked-wrong"), say(status === 422 ? "effect_wrong" : "effect_problem"));
}

function nobody(word) {
  $("found").hidden = true;
  $("verdict").replaceChildren(h("p.said", {}, say(word)));
}

const day = (written) => date(`${written}T12:00:00Z`);

function show(told) {
  const { report } = told;
  const { sent, held } = report.outcomes;
  if (!$("first").value) [$("first").value, $("last").value] = [told.first, told.last];
  setText($("period"), `${day(told.first)} – ${day(told.last)}`);
  setText($("def-retained"), say("effect_def_retained", { days: told.asked.days }));
  const { observing_sent, observing_held } = report.left;
  if (sent.enrolments + held.enrolments + observing_sent + observing_held === 0) return nobody("effect_nobody_there");
  $("found").hidden = false;
  const state = stateOf(report);
  const [first, ...rest] = sentences(told);
  $("verdict").replaceChildren(h(`p.state.${state}`, {}, say(`effect_state_${state}`)), h("p.said", {}, first), ...rest.map((one) => h("p.muted", {}, one)));
  $("arms").replaceChildren(arms(told));
  $("money").replaceChildren(...moneyTiles(told));
  $("sequence").replaceChildren(sequence(report.outcomes));
  $("segments-block").hidden = report.segments.length === 0;
  $("forest").replaceChildren(forest(told));
  setText($("thirds"), say("effect_spent_bounds", { low: money(report.thirds[0], told.currency), high: money(report.thirds[1], told.currency) }));
  $("segments").replaceChildren(segments(told, ask));
  $("creatives").replaceChildren(contests(told));
}

// Who does not mean it presses the other button, or escape.
function ask(segment, name) {
  const dialog = $("spare");
  setText($("spare-text"), say("effect_spare_text", { segment: name }));
  dialog.returnValue = "";
  dialog.addEventListener("close", () => dialog.returnValue === "yes" && spare(segment), { once: true });
  dialog.showModal();
}

async function spare({ by, key }) {
  const { status, content } = await call("POST", "/api/effects/do-not-wake", { ...question(), by, key });
  if (status === 200) return toast(say("effect_spared", { n: number(content.added) }), "good");
  toast(say(status === 409 ? "effect_not_harmful" : "effect_problem"), "bad");
}

async function save() {
  if (!$("scenario").value) return;
  const headers = { "content-type": "application/json", "x-csrf-token": document.querySelector('meta[name="csrf-token"]').content };
  const answer = await fetch("/api/effects/export", { method: "POST", headers, body: JSON.stringify(question()) }).catch(() => null);
  wrong(answer?.status ?? 0);
  if (!answer?.ok) return;
  const name = /filename="([^"]+)"/.exec(answer.headers.get("content-disposition"))[1];
  const address = URL.createObjectURL(await answer.blob());
  h("a", { href: address, download: name }).click();
  URL.revokeObjectURL(address);
  toast(say("effect_csv_done"), "good");
}

function chosen() {
  $("dates").hidden = $("span").value !== "own";
  if ($("span").value === "own") $("first").focus();
  else load();
}

for (const name of CHOICES) $(name).addEventListener("change", name === "span" ? chosen : load);
$("csv").addEventListener("click", save);
$("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  load();
});
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("dialog, select, input")) return;
  if (event.key === "c") save();
  else if (event.key === "r") load();
  else return;
  event.preventDefault();
});
begin();
