// Status: how the system is, in words, asked anew every few seconds; only what has changed is drawn.

import { age, ago } from "./ages.js";
import { call } from "./server.js";
import { h, realNow, say, setText, shell, time } from "./shell.js";

const AGAIN = 10_000;
const $ = (id) => document.getElementById(id);
const numbers = new Intl.NumberFormat(shell.language);

let checked = null;

async function load() {
  const { status, content } = await call("GET", "/api/status");
  $("status-lost").hidden = status === 200;
  if (status === 200) draw(content);
  else if (checked) setText($("status-lost"), say("status_lost", { time: time(checked) }));
}

function draw({ level, statements }) {
  checked = realNow();
  $("overall").dataset.level = level;
  setText($("overall-text"), say(`status_all_${level}`));
  const count = (wanted) => statements.filter((one) => one.level === wanted).length;
  const [act, look] = [count("act"), count("look")];
  setText($("overall-counts"), act + look ? say("level_counts", { act, look }) : "");
  setText($("checked"), say("status_checked", { time: time(checked) }));
  for (const list of document.querySelectorAll(".area ul")) {
    const area = statements.filter((one) => `area-${one.area}` === list.id);
    keep(list, area);
    list.parentElement.hidden = area.length === 0;
  }
}

// A line stays the same element for as long as there is something to say about its thing.
function keep(list, statements) {
  const lines = new Map([...list.children].map((line) => [line.dataset.key, line]));
  const wanted = statements.map((one) => update(lines.get(one.key) ?? blank(one.key), one));
  const gone = [...lines.values()].filter((line) => !wanted.includes(line));
  for (const line of gone) line.remove();
  wanted.forEach((line, at) => list.children[at] === line || list.insertBefore(line, list.children[at] ?? null));
}

const blank = (key) => h("li.statement", { "data-key": key },
  h("span.light", { "aria-hidden": "true" }), h("p.said", {}), h("p.todo", {}), h("span.level", {}));

function update(line, { code, level, facts }) {
  line.dataset.level = level;
  setText(line.querySelector(".said"), say(`status_${code}`, readable(facts)));
  const todo = `status_${code}_do`;
  const [hint, shown] = [line.querySelector(".todo"), level !== "good" && todo in shell.words];
  setText(hint, shown ? say(todo) : "");
  hint.hidden = !shown;
  setText(line.querySelector(".level"), say(`level_${level}`));
  return line;
}

function readable(facts) {
  const counts = Object.entries(facts).map(([name, value]) => [name, typeof value === "number" ? numbers.format(value) : value]);
  const seconds = facts.age ?? 0;
  return { ...Object.fromEntries(counts), age: age(seconds), ago: ago(seconds), lag: seconds.toFixed(1) };
}

document.addEventListener("keydown", (event) => {
  if (event.key !== "r" || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("dialog")) return;
  event.preventDefault();
  load();
});
document.addEventListener("visibilitychange", () => document.hidden || load());
setInterval(() => document.hidden || load(), AGAIN);
load();
