// The desk: puts queue, card and stream together, and lets an agent work by keyboard alone.

import { Cancellations } from "./cancellations.js";
import { Card } from "./card.js";
import { Filters, fits, known } from "./filters.js";
import { Hands } from "./hands.js";
import { inOrder, isDue, isLater, LISTS, standsIn } from "./lists.js";
import { showCounts, showUrgent } from "./numbers.js";
import { MOST_SHOWN, Queue } from "./queue.js";
import { Search } from "./search.js";
import { Live, call } from "./server.js";
import { dateTime, h, nameOf, realNow, say, setText, shell, time } from "./shell.js";
import { Announcer, Sound, Unseen } from "./sound.js";
import { Views } from "./views.js";

const $ = (id) => document.getElementById(id);
const KEPT_VIEW = "desk.view";
const MOST_LOADED = 1_000;
const MINUTE = 60_000;
const CHORD = 1_500;
const narrow = matchMedia("(max-width: 900px)");

const queue = new Queue($("rows"), { onSelect: (id) => choose(id), onArranged: arranged });
const hands = new Hands(queue, toast);
const card = (hands.card = new Card($("card"), (what, body) => hands.act(what, body)));
const live = new Live({ onAlert, onCounts, onReset: load, onState });
const filters = new Filters($("filters"), $("open-filters"), () => (views.leave(), look()));
const views = new Views($("views"), $("naming"), { current: viewed, apply, tell: toast });
const cancellations = new Cancellations($("cancellations"), { onCount: arranged, onCustomer: meet, tell: toast });
const sound = new Sound($("sound"));
const unseen = new Unseen();
const announcer = new Announcer($("announce"));
new Search($("search"), document.querySelector(".found"), (one) => (queue.get(one.alert) ? choose(one.alert, { pinned: true }) : meet(one.customer_ref)));

let list = "waiting";
let currency = "JPY";
let waiting = 0;
let cut = false;
let calling = null;
let later = new Set();
let chord = -Infinity;

async function load() {
  const { status, content } = await call("GET", `/api/alerts?most=${MOST_LOADED}`);
  if (status !== 200) return setTimeout(load, 2_000);
  currency = content.alerts[0]?.value.currency ?? currency;
  calling = content.calling ?? null;
  cut = content.alerts.length >= MOST_LOADED;
  later = new Set(content.alerts.filter(isLater).map((alert) => alert.id));
  queue.load(content.alerts);
  onCounts(content.counts);
  live.open(content.seq);
  // A narrow page begins at its top.
  if (!hands.guest) hands.select(queue.get(queue.selected) ? queue.selected : queue.next(), { still: narrow.matches });
  cancellations.load();
}

function onAlert(alert) {
  currency = alert.value.currency;
  const isNew = queue.put(alert);
  if ((isNew && alert.what === "raised" && !alert.parked) || alert.what === "unparked") welcome(alert);
  if (isLater(alert)) later.add(alert.id);
  if (alert.what === "transferred" && alert.agent === shell.login) handed(alert);
  if (["resolved", "withdrawn"].includes(alert.what)) cancellations.loadSoon();
  if (alert.id === card.alert?.id) hands.changed(alert);
  else if (!card.alert && !hands.guest && list !== "cancellations" && queue.shown().some(({ id }) => id === alert.id)) hands.select(alert.id);
}

function welcome(alert) {
  announcer.add(nameOf(alert));
  unseen.add();
  sound.play("alert");
}

function handed(alert) {
  toast(say("said_handed", { name: nameOf(alert) }));
  unseen.add();
  sound.play("due");
}

function onCounts(counts) {
  waiting = counts.raised + counts.claimed;
  showCounts(counts, currency);
  showUrgent(queue.all());
}

function onState(state) {
  const lost = state === "lost";
  if (lost && hands.connected) setText($("lost-hint"), say("lost_hint", { time: time(realNow()) }));
  if (!lost && $("live").dataset.state === "lost") catchUp();
  hands.connected = !lost;
  $("live").dataset.state = state;
  setText($("live-text"), say(lost ? "reconnecting" : "live"));
  $("lost").hidden = !lost;
  document.body.classList.toggle("is-lost", lost);
}

// What is looked at: one list, through the filters, in an order; kept in this tab over a reload.
function viewed() {
  return { list, ...filters.filters, sort: filters.sort };
}

function look() {
  sessionStorage.setItem(KEPT_VIEW, JSON.stringify(viewed()));
  queue.look({ fits: (alert) => standsIn(list, alert) && fits(alert, filters.filters), compare: inOrder(list, filters.sort) });
}

function apply(view) {
  filters.set(known(view));
  open(LISTS.includes(view?.list) ? view.list : "waiting");
}

function open(name) {
  list = name;
  for (const tab of LISTS) {
    $(`list-${tab}`).setAttribute("aria-selected", String(tab === name));
    $(`list-${tab}`).tabIndex = tab === name ? 0 : -1;
  }
  for (const id of ["list", "rows"]) $(id).setAttribute("aria-labelledby", `list-${name}`);
  $("rows").scrollTop = 0;
  look();
  if (name === "cancellations") cancellations.load();
}

const turn = (by) => open(LISTS[(LISTS.indexOf(list) + by + LISTS.length) % LISTS.length]);

// Nobody is hidden without a word: what the filters leave out of a list is counted below its name.
function arranged() {
  const all = queue.all();
  for (const name of LISTS) setText($(`tally-${name}`), String(name === "cancellations" ? cancellations.waiting : all.filter((alert) => standsIn(name, alert)).length));
  const inList = all.filter((alert) => standsIn(list, alert));
  const shown = inList.filter((alert) => fits(alert, filters.filters)).length;
  const outside = inList.length - shown;
  $("outside").hidden = outside === 0;
  setText($("outside").querySelector("span"), say("outside", { n: outside }));
  const unshown = Math.max(0, shown - MOST_SHOWN) + (cut ? Math.max(0, waiting - all.length) : 0);
  $("unshown").hidden = unshown === 0 || list === "cancellations";
  setText($("unshown"), say("unshown", { n: unshown }));
  filters.offer(all);
  showPanel(outside > 0);
}

function showPanel(filtered) {
  const asked = list === "cancellations";
  const empty = asked ? cancellations.empty : queue.shown().length === 0;
  $("cancellations").hidden = !asked || empty;
  $("rows").hidden = asked || empty;
  $("empty").hidden = !empty;
  const key = filtered ? "empty_filtered" : list === "waiting" ? "empty" : `empty_${list}`;
  setText($("empty-text"), say(key));
  setText($("empty-hint"), filtered ? "" : say(`${key}_hint`));
}

function choose(id, how = {}) {
  if (how.pinned && !standsIn(list, queue.get(id))) open("waiting");
  hands.select(id, how);
  turnTo("card");
}

function meet(customer) {
  hands.look(customer);
  turnTo("card");
}

// On a narrow page one of the two is in front.
function show(side) {
  $("main").dataset.side = side;
  if (side === "card" && narrow.matches) $("card").scrollIntoView({ block: "start" });
  for (const button of document.querySelectorAll(".sides button")) button.setAttribute("aria-pressed", String(button.dataset.side === side));
}

// Where one reads on is where the keys and the reading begin.
function turnTo(side) {
  show(side);
  if (narrow.matches) $(side === "card" ? "back" : "rows")?.focus();
}

function toast(text, kind = "") {
  const element = h(`p.toast${kind && `.${kind}`}`, {}, text);
  $("toasts").replaceChildren(element);
  setTimeout(() => element.remove(), 4_000);
}

function tick() {
  queue.tick();
  card.tick();
  showUrgent(queue.all());
  hands.keepLease();
  hands.reveal();
  remind();
  showHours();
}

// A promised call whose time has come.
function remind() {
  for (const id of later) {
    const alert = queue.get(id);
    if (alert && isLater(alert)) continue;
    later.delete(id);
    if (!alert || !isDue(alert) || alert.promised_by !== shell.login) continue;
    announcer.say(say("said_due", { name: nameOf(alert) }));
    toast(say("said_due", { name: nameOf(alert) }));
    unseen.add();
    sound.play("due");
  }
}

function showHours() {
  $("banner").hidden = !calling || calling.open;
  if (!calling) return;
  setText($("banner"), calling.next ? say("closed_hours_until", { at: dateTime(calling.next) }) : say("closed_hours"));
  const until = calling.open ? calling.until : calling.next;
  if (until && Date.parse(until) <= realNow()) catchUp();
}

// What no change on the stream brings: numbers that moved while we were away, and the hours of another day.
async function catchUp() {
  calling = null;
  const { status, content } = await call("GET", "/api/alerts?most=1");
  if (status === 200) onCounts(content.counts);
  calling = status === 200 ? (content.calling ?? null) : { open: true, until: new Date(realNow() + MINUTE).toISOString() };
}

const step = (by) => (list === "cancellations" ? cancellations.step(by) : hands.select(queue.step(by)));
const KEYS = { j: () => step(1), k: () => step(-1), "[": () => turn(-1), "]": () => turn(1), "/": () => $("search").focus() };
const ARROWS = { ArrowDown: () => step(1), ArrowUp: () => step(-1), Home: () => step(-MOST_LOADED), End: () => step(MOST_LOADED) };
const AFTER_G = {
  w: () => open("waiting"), m: () => open("mine"), b: () => open("later"), p: () => open("parked"), c: () => open("cancellations"),
  f: () => filters.focus(), x: () => filters.clear(), v: () => views.name(), s: () => sound.toggle(),
};

function onKey(event) {
  const { key, target } = event;
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || document.querySelector("dialog[open]")) return;
  if (target.closest("textarea, input, select")) return key === "Escape" ? target.blur() : undefined;
  if (target.closest("button, a") && (key === "Enter" || key === " ")) return;
  if (begun(key) || pressed(event)) event.preventDefault();
}

// g, and soon after it one of its letters.
function begun(key) {
  const after = performance.now() - chord < CHORD;
  chord = !after && key === "g" ? performance.now() : -Infinity;
  if (!after) return key === "g";
  AFTER_G[key]?.();
  return key in AFTER_G;
}

// True if the key was used. Arrows within the card scroll it.
function pressed({ key, code, shiftKey, target, repeat }) {
  if (shiftKey && /^Digit[1-9]$/.test(code)) return views.choose(Number(code.at(-1)) - 1), true;
  const what = KEYS[key] ?? (target.closest("#card") ? undefined : ARROWS[key]);
  if (!what) return !repeat && card.key(key);
  what();
  return true;
}

function onTabKey(event) {
  const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (!by) return;
  event.preventDefault();
  turn(by);
  $(`list-${list}`).focus();
}

for (const name of LISTS) $(`list-${name}`).addEventListener("click", () => open(name));
for (const button of document.querySelectorAll(".sides button")) button.addEventListener("click", () => show(button.dataset.side));
$("lists").addEventListener("keydown", onTabKey);
$("outside").querySelector("button").addEventListener("click", () => filters.clear());
$("card").addEventListener("back", () => turnTo("queue"));
document.addEventListener("keydown", onKey);
apply(JSON.parse(sessionStorage.getItem(KEPT_VIEW)));
views.load();
setInterval(tick, 1_000);
setInterval(() => hands.connected && cancellations.load(), MINUTE);
tick();
load();
