// Batches: what leaves by post and with the parcels; taken back, handed over early, settled, and returned mail.

import { show } from "./batch.js";
import { $, onKey, toast } from "./office.js";
import { call } from "./server.js";
import { dateTime, h, nameOf, say, untilCutoff } from "./shell.js";

const AGAIN = 15_000;

let batches = [];
let chosen = null;
let shown = "";

async function load() {
  const { status, content } = await call("GET", "/api/batches");
  if (status !== 200) return;
  batches = content.batches;
  $("missing").replaceChildren(...content.missing.map((one) => h("li", {}, say(`batch_missing_${one}`))));
  $("missing").hidden = content.missing.length === 0;
  $("none").hidden = batches.length > 0;
  if (!batches.some((one) => one.id === chosen)) chosen = batches[0]?.id ?? null;
  draw();
  await open();
}

// The focus stays where it is.
function draw() {
  const focused = document.activeElement?.dataset.batch;
  $("batches").replaceChildren(...batches.map(entry));
  if (focused) document.querySelector(`[data-batch="${focused}"]`)?.focus();
}

function entry(batch) {
  return h("li", {}, h("button", {
    type: "button", "data-batch": batch.id, "data-state": batch.state, "aria-pressed": String(batch.id === chosen), onclick: () => choose(batch.id),
  },
    h("strong", {}, say(`batch_form_${batch.form}`), h("span", {}, say("batch_count", { n: batch.pieces }))),
    h("span.state", {}, say(`batch_state_${batch.state}`)),
    h("span.state", {}, when(batch))));
}

function when(batch) {
  if (batch.handed_over_at) return say("batch_handed_at", { at: dateTime(batch.handed_over_at) });
  if (batch.state !== "open") return say("batch_closed_at", { at: dateTime(batch.cut_off) });
  const left = untilCutoff(batch.cut_off);
  return left.urgency === "past" ? say("batch_due") : `${say("batch_left", { left: left.text })}（${dateTime(batch.cut_off)}）`;
}

async function choose(id) {
  chosen = id;
  draw();
  await open();
}

// Drawn only when something has changed, so that nobody loses his place.
async function open() {
  if (!chosen) return;
  const { status, content } = await call("GET", `/api/batches/${chosen}`);
  if (status !== 200 || content.batch.id !== chosen) return;
  const state = JSON.stringify(content);
  if (state === shown) return;
  shown = state;
  $("batch").replaceChildren(...show(content, ask));
}

// `what` is the call's last part, `body` what goes with it.
async function ask({ path, body, question, said }) {
  if (!(await sure(question))) return;
  const { status, content } = await call("POST", `/api/batches/${chosen}/${path}`, body);
  const problem = `batch_problem_${content.problem}`;
  if (status === 200) toast(say(said), "good");
  else toast(say(["missing", "too_late", "no_printer", "no_folder", "no_files"].includes(content.problem) ? problem : "batch_problem"), "bad");
  shown = "";
  await load();
}

function sure(question) {
  $("sure-text").textContent = question;
  $("sure").returnValue = "no";
  $("sure").showModal();
  return new Promise((resolve) => $("sure").addEventListener("close", () => resolve($("sure").returnValue === "yes"), { once: true }));
}

function step(by) {
  const at = batches.findIndex((one) => one.id === chosen);
  const next = batches[Math.min(batches.length - 1, Math.max(0, at + by))];
  if (next) choose(next.id);
}

async function enter(event) {
  event.preventDefault();
  const { status, content } = await call("POST", "/api/batches/returned", { number: $("number").value });
  const known = status === 200;
  $("returned-said").hidden = false;
  $("returned-said").className = `verdict ${known ? "good" : "bad"}`;
  $("returned-said").textContent = known ? say("returned_done", { name: nameOf(content) }) : say(status === 404 ? "returned_missing" : "batch_problem");
  if (known) $("number").value = "";
  $("number").focus();
}

$("returned").addEventListener("submit", enter);
onKey("j", () => step(1));
onKey("k", () => step(-1));
onKey("/", () => $("number").focus());
setInterval(() => document.hidden || document.querySelector("dialog[open]") || load(), AGAIN);
load();
