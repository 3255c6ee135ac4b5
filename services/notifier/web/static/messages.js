// Messages: the ledger, its filters, one customer's share of it, and what a person must decide.

import { age as lasted } from "./ages.js";
import { because, outcomePill, standingChips } from "./because.js";
import { countUnknown } from "./frame.js";
import { detail } from "./message.js";
import { $, onKey, saveFile, toast } from "./office.js";
import { finding, nameOf } from "./people.js";
import { call } from "./server.js";
import { dateTime, h, realNow, say } from "./shell.js";

const FILTERS = ["scenario", "state", "channel", "reason"];
let tab = "all";
let person = null;
let next = null;
let asking = 0;

function asked() {
  const wanted = Object.fromEntries(FILTERS.map((name) => [name, $(name).value]).filter(([, value]) => value));
  return tab === "unknown" ? { ...wanted, state: "unknown" } : wanted;
}

// What is about a customer goes in a body.
function fetchPage(before) {
  const wanted = { ...asked(), ...(before && { before }) };
  if (person) return call("POST", "/api/messages/about", { ...wanted, customer_ref: person.customer_ref });
  return call("GET", `/api/messages?${new URLSearchParams(wanted)}`);
}

// An answer that a later question has overtaken is not shown.
async function load(before = null) {
  const turn = ++asking;
  const { status, content } = await fetchPage(before);
  if (turn !== asking) return;
  if (status !== 200) return toast(say("ledger_problem"), "bad");
  if (!before) $("entries").replaceChildren();
  $("entries").append(...content.messages.map(row));
  if (content.standing) showStanding(content.standing);
  next = content.more;
  $("more").hidden = !next;
  $("none").hidden = $("entries").childElementCount > 0;
  $("none").textContent = say(tab === "unknown" ? "ledger_unknown_none" : "ledger_none");
}

function row(one) {
  const name = nameOf(one), title = one.title ?? one.scenario;
  return h("tr", { "data-outcome": one.outcome },
    h("td.number", {}, one.began_at ? dateTime(one.began_at) : say("ledger_due", { at: dateTime(one.due_at) }), since(one)),
    h("th", { scope: "row" }, name),
    h("td", {}, title, h("small", {}, one.step)),
    h("td", {}, say(`channel_${one.channel}`), h("small", {}, one.creative ?? "")),
    h("td", {}, outcomePill(one.outcome), one.attempt > 1 && h("small", {}, say("ledger_tried", { n: one.attempt }))),
    h("td.long", {}, one.reason ? because(one.reason) : "", person && steps(one.history)),
    h("td.acts", {}, h("button.small", { type: "button", "aria-label": say("ledger_open_of", { name, step: `${title} ${one.step}` }), onclick: () => detail(one.action, load) }, say("ledger_open"))));
}

function since(one) {
  if (one.outcome !== "unknown") return null;
  return h("small", {}, say("ledger_age", { age: lasted((realNow() - Date.parse(one.changed_at)) / 1_000) }));
}

const steps = (history) => h("ol.steps", {}, history.filter((one) => one.state !== "claimed").map((one) => h("li", {}, h("time", {}, dateTime(one.at)), ` ${say(`became_${one.state}`)}${one.reason ? ` (${because(one.reason)})` : ""}`)));

function choose(found) {
  person = found;
  $("about").hidden = !found;
  $("about-standing").replaceChildren();
  if (found) {
    $("about-title").textContent = say("ledger_about", { name: nameOf(found) });
    $("about-title").focus();
  }
  show("all");
}

function showStanding(standing) {
  $("about-accounts").textContent = standing.accounts.length > 1 ? say("ledger_about_accounts", { n: standing.accounts.length }) : "";
  $("about-standing").replaceChildren(standingChips(standing));
}

function show(name) {
  tab = name;
  for (const one of ["all", "unknown"]) $(`tab-${one}`).setAttribute("aria-selected", String(one === name));
  $("list").setAttribute("aria-labelledby", `tab-${name}`);
  $("unknown-lead").hidden = name !== "unknown";
  $("label-state").hidden = name === "unknown";
  load();
  countUnknown();
}

const choices = (name, pairs) => $(name).append(...pairs.map(([value, text]) => h("option", { value }, text)));

// A link may bring filters along; none of them is about a person.
async function begin() {
  const { status, content } = await call("GET", "/api/messages/options");
  if (status !== 200) return toast(say("ledger_problem"), "bad");
  choices("scenario", content.scenarios.map((one) => [one.key, one.title]));
  choices("state", content.outcomes.map((one) => [one, say(`outcome_${one}`)]));
  choices("channel", content.channels.map((one) => [one, say(`channel_${one}`)]));
  choices("reason", content.reasons.map((one) => [one, because(one)]).sort(([, one], [, other]) => one.localeCompare(other)));
  const wished = new URLSearchParams(location.search);
  for (const name of FILTERS) if (wished.has(name)) $(name).value = wished.get(name);
  await load();
}

async function save() {
  const wanted = { ...asked(), ...(person && { customer_ref: person.customer_ref }) };
  const saved = await saveFile("/api/messages/csv", wanted);
  toast(say(saved ? "ledger_saved" : "ledger_problem"), saved ? "good" : "bad");
}

finding($("ask-form"), choose);
for (const name of FILTERS) $(name).addEventListener("change", () => load());
// The fields are empty only after the event.
$("filter").addEventListener("reset", () => setTimeout(load));
$("about-end").addEventListener("click", () => choose(null));
for (const name of ["all", "unknown"]) $(`tab-${name}`).addEventListener("click", () => show(name));
$("more").addEventListener("click", () => load(next));
$("save").addEventListener("click", save);
$("detail").addEventListener("close", countUnknown);
onKey("/", () => $("ask").focus());
onKey("u", () => show("unknown"));
begin();
