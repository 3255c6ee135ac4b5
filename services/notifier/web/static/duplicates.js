// Duplicates: pairs of accounts side by side, judged by a person; what was judged, and who has several accounts.

import { compare, personCard } from "./compare.js";
import { call } from "./server.js";
import { accountOf, date, h, say } from "./shell.js";

const $ = (id) => document.getElementById(id);
const TABS = ["waiting", "judged", "persons"];
const NONE = { waiting: "duplicates_none", judged: "judged_none", persons: "persons_none" };
const AGAIN = 30_000;

let lists = { waiting: [], judged: [], persons: [] };
let tab = "waiting";
let chosen = null;
let shown = null;
let busy = false;

const keyOf = (item) => item?.id ?? item?.person;
const current = () => lists[tab].find((item) => keyOf(item) === chosen);

async function load() {
  const { status, content } = await call("GET", "/api/duplicates");
  if (status === 200) fill(content);
}

function fill(content) {
  lists = content;
  draw();
}

function open(name) {
  tab = name;
  chosen = shown = null;
  draw();
}

// The same card is left alone: its contacts were asked for once, and every look is recorded.
function draw() {
  for (const name of TABS) {
    $(`tab-${name}`).setAttribute("aria-selected", String(name === tab));
    $(`count-${name}`).textContent = String(lists[name].length);
  }
  const items = lists[tab];
  if (!current()) chosen = keyOf(items[0]) ?? null;
  $("rows").replaceChildren(...items.map(row));
  $("rows").hidden = items.length === 0;
  $("empty").hidden = items.length > 0;
  $("empty-text").textContent = say(NONE[tab]);
  $("empty-hint").textContent = say(`${NONE[tab]}_hint`);
  select(chosen);
}

function row(item) {
  const names = item.person ? item.names.slice(0, 2) : [item.one_name, item.other_name];
  const refs = item.person ? item.accounts : [item.one, item.other];
  return h("li.row.pair", { id: `row-${keyOf(item)}`, role: "option", "data-key": keyOf(item), onclick: () => select(keyOf(item)) },
    h("p.who", {}, h("span.name", {}, [...new Set(names.map((name, at) => name || accountOf(refs[at])))].join("・")), pill(item)),
    h("p.why", {}, item.because.map((one) => say(`evidence_${one}`)).join("・")),
    h("p.facts", {}, refs.map((ref) => h("span", {}, accountOf(ref)))),
    h("p.side", {}, when(item)));
}

function when(item) {
  if (item.person) return say("merged_since", { at: date(item.since) });
  return item.judged_at ? `${date(item.judged_at)} ${item.judged_by ?? say("judged_by_cart")}` : say("suspected_since", { at: date(item.since) });
}

function pill(item) {
  if (item.person) return h("span.pill", {}, say("accounts_count", { n: item.accounts.length }));
  return item.judged_at ? h(`span.pill.${item.state}`, {}, say(`judged_short_${item.state}`)) : null;
}

function select(key) {
  chosen = key;
  for (const row of $("rows").children) row.setAttribute("aria-selected", String(row.dataset.key === key));
  const row = [...$("rows").children].find((one) => one.dataset.key === key);
  row?.scrollIntoView({ block: "nearest" });
  if (row) $("rows").setAttribute("aria-activedescendant", row.id);
  else $("rows").removeAttribute("aria-activedescendant");
  const item = current();
  const state = item ? [tab, key, item.state, item.parting?.join()].join() : "";
  if (state === shown) return;
  shown = state;
  show(item);
}

async function show(item) {
  const card = $("card");
  card.classList.toggle("blank", !item);
  if (!item) return card.replaceChildren(h("div.empty", {}, h("p.muted", {}, say("duplicates_choose"))));
  if (item.person) return card.replaceChildren(...personCard(item, separate));
  const asked = shown;
  const { status, content } = await call("POST", `/api/duplicates/${item.id}/contacts`);
  if (asked !== shown) return;
  if (status !== 200) return refuse("problem_pair_missing", content);
  card.replaceChildren(...compare(item, content, judge));
}

function step(by) {
  const items = lists[tab];
  const at = items.findIndex((item) => keyOf(item) === chosen);
  const next = items[Math.min(items.length - 1, Math.max(0, at + by))];
  if (next) select(keyOf(next));
}

// Where to go on: the pair that takes the judged one's place.
function neighbour() {
  const items = lists[tab];
  const at = items.findIndex((item) => keyOf(item) === chosen);
  return keyOf(items[at + 1] ?? items[at - 1]) ?? null;
}

async function judge(verdict) {
  const pair = current();
  if (busy || !pair || pair.person || pair.state === verdict) return;
  busy = true;
  const next = tab === "waiting" ? neighbour() : chosen;
  const { status, content } = await call("POST", `/api/duplicates/${pair.id}/judge`, { verdict, seen: pair.state });
  busy = false;
  if (status !== 200) return refuse(status === 409 ? "problem_overtaken" : "problem_pair_missing", content);
  toast(say(`said_${verdict}`), verdict === "confirmed" ? "good" : "");
  chosen = next;
  await load();
}

async function separate(account) {
  const person = current();
  if (busy || !person?.person || !account || person.parting.includes(account)) return;
  busy = true;
  const { status, content } = await call("POST", "/api/duplicates/separate", { person: person.person, account });
  busy = false;
  if (status !== 200) return refuse("problem_pair_missing", content);
  toast(say("said_separated"));
  fill(content);
}

function refuse(problem, content) {
  toast(say(content.problem === "network" ? "problem_network" : problem), "bad");
  shown = null;
  load();
}

function toast(text, kind = "") {
  const element = h(`p.toast${kind && `.${kind}`}`, {}, text);
  $("toasts").replaceChildren(element);
  setTimeout(() => element.remove(), 4_000);
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || $("help").open) return;
  const onButton = event.target.closest("button, a") && (event.key === "Enter" || event.key === " ");
  const what = onButton ? undefined : KEYS[event.key];
  if (!what) return;
  event.preventDefault();
  what();
}

const turn = (by) => open(TABS[(TABS.indexOf(tab) + by + TABS.length) % TABS.length]);
const KEYS = {
  j: () => step(1),
  ArrowDown: () => step(1),
  k: () => step(-1),
  ArrowUp: () => step(-1),
  ArrowRight: () => turn(1),
  ArrowLeft: () => turn(-1),
  s: () => judge("confirmed"),
  b: () => judge("denied"),
  Escape: () => location.assign("/"),
  ...Object.fromEntries(Array.from({ length: 9 }, (_, at) => [String(at + 1), () => separate(current()?.accounts?.[at + 1])])),
};

for (const name of TABS) $(`tab-${name}`).addEventListener("click", () => open(name));
document.addEventListener("keydown", onKey);
setInterval(load, AGAIN);
load();
