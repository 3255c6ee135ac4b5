// Supervisor: how the team stands now, what its calls came to, and what it has the hands for.

import { Capacity } from "./capacity.js";
import { Figures } from "./figures.js";
import { Floor } from "./floor.js";
import { h } from "./shell.js";

const AGAIN = 10_000;
const SPANS = { 1: "today", 2: "7", 3: "28", 4: "90" };

function toast(text, kind = "") {
  const element = h(`p.toast${kind && `.${kind}`}`, {}, text);
  document.getElementById("toasts").replaceChildren(element);
  setTimeout(() => element.remove(), 5_000);
}

const floor = new Floor(toast);
const figures = new Figures(toast);
const capacity = new Capacity(toast, () => floor.load());

function refresh() {
  floor.load();
  figures.load();
  capacity.load();
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("dialog, select, input:not([type=radio])")) return;
  if (event.key in SPANS) figures.choose(SPANS[event.key]);
  else if (event.key === "c") figures.save();
  else if (event.key === "r") refresh();
  else return;
  event.preventDefault();
});
document.addEventListener("visibilitychange", () => document.hidden || floor.load());
setInterval(() => document.hidden || floor.load(), AGAIN);
refresh();
