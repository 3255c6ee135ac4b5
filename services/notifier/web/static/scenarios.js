// Scenarios: the list of all, and one of them in full; which of the two is in the address after the #.

import { $, onKey, toast } from "./office.js";
import { importFile } from "./scenario_files.js";
import { list } from "./scenario_list.js";
import { Sheet, TABS, find } from "./scenario_sheet.js";
import { call } from "./server.js";
import { h, say } from "./shell.js";

let all = [];
let sheet = null;

const keyOf = () => decodeURIComponent(location.hash.replace(/^#\/?/, ""));

async function load() {
  const { status, content } = await call("GET", "/api/scenarios");
  if (status === 200) all = content.scenarios;
  else toast(say("problem_network"), "bad");
}

async function draw() {
  const key = keyOf();
  await load();
  if (key) await drawOne(key);
  else drawList();
}

function drawList() {
  const before = sheet?.draft.key;
  const focused = document.activeElement?.id;
  sheet = null;
  $("list").hidden = false;
  $("one").hidden = true;
  $("cards").replaceChildren(list(all, draw));
  $(before ? `open-${before}` : focused)?.focus();
}

async function drawOne(key) {
  const listed = all.find((one) => one.key === key);
  const told = listed && (await find(key));
  if (!told) {
    toast(say("sc_missing"), "bad");
    location.hash = "#/";
    return;
  }
  const tab = sheet?.draft.key === key ? sheet.tab : "steps";
  const seen = sheet?.draft.key === key ? sheet.seen : null;
  sheet = new Sheet(told, listed, draw);
  $("list").hidden = true;
  $("one").hidden = false;
  $("one").replaceChildren(sheet.element);
  if (seen) sheet.drawSteps(seen.step);
  if (tab !== "steps") await sheet.open(tab);
}

function move(by) {
  if (sheet) return;
  const links = [...document.querySelectorAll(".scenario-card h3 a")];
  const at = links.indexOf(document.activeElement);
  links[Math.max(0, Math.min(links.length - 1, at + by))]?.focus();
}

function back() {
  if (sheet) location.hash = "#/";
}

// Ctrl+S too, even while one is typing.
function onSave(event) {
  if (!sheet || event.key !== "s" || !(event.ctrlKey || event.metaKey)) return;
  event.preventDefault();
  sheet.save();
}

const stepKeys = (by) => {
  if (!sheet) return;
  const last = sheet.draft.scenario.steps.length - 1;
  sheet.open("steps");
  sheet.drawSteps(Math.max(0, Math.min(last, sheet.seen.step + by)));
  sheet.ask();
  $(`step-${sheet.seen.step}`).focus();
};

$("import").addEventListener("click", () => importFile(draw));
window.addEventListener("hashchange", draw);
// What is typed is kept in this tab; but a tab can be closed.
window.addEventListener("beforeunload", (event) => { if (sheet?.draft.dirty) event.preventDefault(); });
document.addEventListener("keydown", onSave);
onKey("s", () => sheet?.save());
onKey("j", () => move(1));
onKey("k", () => move(-1));
onKey("i", () => sheet || importFile(draw));
onKey("Escape", back);
onKey("]", () => stepKeys(1));
onKey("[", () => stepKeys(-1));
TABS.forEach((tab, at) => onKey(String(at + 1), () => sheet?.open(tab)));
$("cards").append(h("p.muted", {}, say("loading")));
draw();
