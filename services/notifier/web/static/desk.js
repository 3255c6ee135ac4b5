// The desk: puts queue, card and stream together, and lets an agent work by keyboard alone.

import { Card, DISPOSITIONS, KEPT } from "./card.js";
import { Queue, setText } from "./queue.js";
import { holds } from "./reach.js";
import { Live, call } from "./server.js";
import { businessNow, date, h, holding, money, nameOf, realNow, say, setClock, shell, time, untilCutoff } from "./shell.js";

const $ = (id) => document.getElementById(id);
const queue = new Queue($("rows"), $("empty"), (id) => select(id));
const card = new Card($("card"), act);
const live = new Live({ onAlert, onCounts, onReset: load, onState });
let connected = false;
let busy = false;
let renewing = false;
let asked = null;
let currency = "JPY";

async function load() {
  const { status, content } = await call("GET", "/api/alerts");
  if (status !== 200) return setTimeout(load, 2_000);
  queue.load(content.alerts);
  currency = content.alerts[0]?.value.currency ?? currency;
  onCounts(content.counts);
  live.open(content.seq);
  select(queue.get(queue.selected) ? queue.selected : queue.next());
}

function onAlert(alert) {
  currency = alert.value.currency;
  if (queue.put(alert) && alert.what === "raised") setText($("announce"), say("said_new", { name: nameOf(alert) }));
  if (alert.id === card.alert?.id) {
    if (alert.what === "contact_changed") card.contact = asked = null;
    if (!busy) refresh(alert);  // else the answer that is on its way is newer, and can be worked with at once
  } else if (!card.alert && queue.get(alert.id)) select(alert.id);
}

function onCounts(counts) {
  count("raised", counts.raised);
  count("claimed", counts.claimed);
  count("value", money(counts.value_open, currency));
  count("done", counts.resolved);
  count("kept", money(counts.value_kept, currency));
  setText($("count-rate"), counts.resolved ? say("kept_rate", { kept: counts.kept }) : "");
  countDuplicates(counts.duplicates);
  countUrgent();
}

// Only supervisors have the link.
function countDuplicates(pairs) {
  const badge = $("count-duplicates");
  if (!badge) return;
  setText(badge, String(pairs));
  badge.hidden = pairs === 0;
}

function countUrgent() {
  const urgent = queue.all().filter((alert) => untilCutoff(alert.cutoff).urgency === "soon").length;
  count("urgent", urgent);
  $("count-urgent").closest(".count").classList.toggle("some", urgent > 0);
}

function count(name, value) {
  const element = $(`count-${name}`);
  const before = element.textContent;
  if (before === String(value)) return;
  element.textContent = value;
  if (before === "–" || element.getAnimations().length) return;
  element.classList.remove("grew");
  void element.offsetWidth;  // lets the same animation run again
  element.classList.add("grew");
}

function onState(state) {
  const lost = state === "lost";
  if (lost && connected) setText($("lost-hint"), say("lost_hint", { time: time(realNow()) }));
  connected = !lost;
  $("live").dataset.state = state;
  setText($("live-text"), say(lost ? "reconnecting" : "live"));
  $("lost").hidden = !lost;
  document.body.classList.toggle("is-lost", lost);
}

async function select(id) {
  queue.select(id ?? null);
  const alert = queue.get(id);
  card.show(alert ?? null);
  if (alert) await refresh(alert);
}

// The card as it stands, with its history, which the stream does not carry.
async function refresh(alert) {
  card.show(alert, card.alert?.id === alert.id ? card.history : []);
  reveal();
  const { status, content } = await call("GET", `/api/alerts/${alert.id}`);
  if (status !== 200 || card.alert?.id !== alert.id) return;
  card.show(content.alert, content.history);
  reveal();
  if (isClosed(content.alert) && !mine()) setTimeout(() => moveOn(alert.id), LINGER);
}

// Every look is recorded, so it is asked once a card, and only by who holds the claim.
async function reveal() {
  const alert = card.alert;
  if (!alert || !connected || card.contact || asked?.id === alert.id || !holds(alert)) return;
  const asking = (asked = { id: alert.id });
  const { status, content } = await call("POST", `/api/alerts/${alert.id}/contact`);
  if (asked !== asking) return;
  if (status === 200) {
    asked = null;
    return card.reveal(alert.id, content.contact);
  }
  setTimeout(() => asked === asking && (asked = null), AGAIN);
  if (content.alert && card.alert?.id === alert.id) card.show(content.alert, card.history);
}

const AGAIN = 3_000;
const LINGER = 5_000;
const isClosed = (alert) => alert.state === "resolved" || alert.state === "withdrawn";

// What others closed is shown for a moment, so that it does not vanish from under one's eyes.
function moveOn(id) {
  if (card.alert?.id === id && isClosed(card.alert)) select(queue.next());
}

async function act(what, disposition) {
  const alert = card.alert;
  if (!alert || busy || !connected) return;
  busy = true;
  const body = what === "resolve" ? { disposition, note: card.note() } : undefined;
  const { status, content } = await call("POST", `/api/alerts/${alert.id}/${what}`, body);
  busy = false;
  if (content.alert) {
    queue.put(content.alert);
    card.show(content.alert, card.history);
  }
  if (status !== 200) {
    complain(content);
    return refresh(content.alert ?? alert);
  }
  praise(what, disposition, content.alert);
  if (what === "resolve") select(queue.next());
  else refresh(content.alert);
}

function complain(content) {
  const problem = content.problem ?? "network";
  toast(say(`problem_${problem}`, { name: content.alert?.agent_name ?? "" }), "bad");
}

function praise(what, disposition, alert) {
  if (what !== "resolve") return toast(say(what === "claim" ? "said_claimed" : "said_released"));
  const result = say(`disposition_${disposition}`);
  const kept = KEPT.includes(disposition);
  toast(say(kept ? "said_kept" : "said_resolved", { result, value: money(alert.value.amount, alert.value.currency) }), kept ? "good" : "");
}

function toast(text, kind = "") {
  const element = h(`p.toast${kind && `.${kind}`}`, {}, text);
  $("toasts").replaceChildren(element);
  setTimeout(() => element.remove(), 4_000);
}

function onKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || $("help").open) return;
  if (event.target.closest("textarea, input")) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  const onButton = event.target.closest("button, a") && (event.key === "Enter" || event.key === " ");
  const what = onButton ? undefined : KEYS[event.key];
  if (!what) return;
  event.preventDefault();
  what();
}

const mine = () => card.alert && (holding(card.alert) === "mine" || (card.alert.state === "withdrawn" && card.alert.agent === shell.login));
const press = (disposition) => card.panel.querySelector(`[data-disposition="${disposition}"]`)?.click();
const KEYS = {
  j: () => select(queue.step(1)),
  ArrowDown: () => select(queue.step(1)),
  k: () => select(queue.step(-1)),
  ArrowUp: () => select(queue.step(-1)),
  Enter: () => $("claim") && !$("claim").disabled && act("claim"),
  Backspace: () => mine() && act("release"),
  t: () => $("call")?.click(),
  m: () => $("note")?.focus(),
  "?": () => $("help").showModal(),
  ...Object.fromEntries(DISPOSITIONS.map((disposition, index) => [String(index + 1), () => press(disposition)])),
};

function tick() {
  setText($("clock-date"), date(businessNow()));
  setText($("clock-time"), time(businessNow()));
  queue.tick();
  card.tick();
  countUrgent();
  keepLease();
  reveal();
}

// Whoever has the card open keeps it: the lease is for agents who went away.
async function keepLease() {
  const alert = card.alert;
  if (!alert || busy || renewing || !connected || holding(alert) !== "mine") return;
  if (Date.parse(alert.lease_until) - realNow() > shell.lease_seconds * 500) return;
  renewing = true;
  const { content } = await call("POST", `/api/alerts/${alert.id}/claim`);
  renewing = false;
  if (content.alert && card.alert?.id === alert.id) card.show(content.alert, card.history);
}

// A demo's clock changes its pace; a real one keeps step by itself.
async function keepClock() {
  if (!connected) return;
  const { status, content } = await call("GET", "/api/clock");
  if (status === 200) setClock(content);
}

$("clock-speed").hidden = shell.speed === 1;
setText($("clock-speed"), say("fast_clock", { speed: Math.round(shell.speed).toLocaleString() }));
$("open-help").addEventListener("click", () => $("help").showModal());
$("log-out").addEventListener("click", async () => {
  await call("DELETE", "/api/session");
  location.assign("/login");
});
document.addEventListener("keydown", onKey);
setInterval(tick, 1_000);
if (shell.speed !== 1) setInterval(keepClock, 2_000);
tick();
load();
