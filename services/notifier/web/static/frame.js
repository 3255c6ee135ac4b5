// The frame: what every page has around it - the clock, the menu, the way past it, help, and the way out.

import { call } from "./server.js";
import { businessNow, date, say, setClock, setText, shell, time } from "./shell.js";

const $ = (id) => document.getElementById(id);

function tick() {
  setText($("clock-date"), date(businessNow()));
  setText($("clock-time"), time(businessNow()));
}

// A demo's clock changes its pace; a real one keeps step by itself.
async function keepClock() {
  const { status, content } = await call("GET", "/api/clock");
  if (status === 200) setClock(content);
}

function openMenu(open) {
  $("open-menu").setAttribute("aria-expanded", String(open));
  $("menu").classList.toggle("open", open);
}

function onMenuKey(event) {
  if (event.key !== "Escape" || $("open-menu").getAttribute("aria-expanded") === "false") return;
  event.stopPropagation();
  openMenu(false);
  $("open-menu").focus();
}

function onMenuLeft(event) {
  const to = event.relatedTarget;
  if (to && to !== $("open-menu") && !$("menu").contains(to)) openMenu(false);
}

function onTouch(event) {
  if (!event.target.closest("#menu, #open-menu")) openMenu(false);
}

const help = () => $("help").open || $("help").showModal();

// After the page's own keys, which may have used it.
function onKey(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.key !== "?" || event.target.closest("textarea, input, select, dialog")) return;
  event.preventDefault();
  help();
}

function skip(event) {
  const main = document.querySelector("main");
  event.preventDefault();
  main.tabIndex = -1;
  main.focus();
}

// Whoever may look at messages decides what became of those that nobody knows of. Asked when somebody looks,
// not now and then: else no session would ever end by itself.
export async function countUnknown() {
  if (document.hidden) return;
  const { status, content } = await call("GET", "/api/messages/options");
  if (status !== 200) return;
  for (const count of document.querySelectorAll(".unknown-count")) setText(count, String(content.unknown));
  $("waiting-messages").hidden = content.unknown === 0;
}

async function leave() {
  await call("DELETE", "/api/session");
  location.assign("/login");
}

$("clock-speed").hidden = shell.speed === 1;
setText($("clock-speed"), say("fast_clock", { speed: Math.round(shell.speed).toLocaleString() }));
$("open-menu").addEventListener("click", () => openMenu($("open-menu").getAttribute("aria-expanded") === "false"));
for (const part of [$("open-menu"), $("menu")]) part.addEventListener("keydown", onMenuKey);
$("menu").addEventListener("focusout", onMenuLeft);
document.addEventListener("pointerdown", onTouch);
$("open-help").addEventListener("click", help);
$("log-out").addEventListener("click", leave);
$("skip").addEventListener("click", skip);
// In the next task, when the page's script has set up its own.
setTimeout(() => document.addEventListener("keydown", onKey));
setInterval(tick, 1_000);
if (shell.speed !== 1) setInterval(keepClock, 2_000);
tick();
if ($("waiting-messages")) {
  document.addEventListener("visibilitychange", countUnknown);
  countUnknown();
}
