// Leaving alone: the never-contact list and the do-not-wake list, kept by hand and from files.

import { $, complain, moment, toast } from "./office.js";
import { nameOf } from "./people.js";
import { call } from "./server.js";
import { accountOf, h, say, shell } from "./shell.js";

// A body has room for so many lines of an address.
const AT_ONCE = 200;
const CHANNELS = ["mail", "line", "postal_dm", "phone"];

export function countLists({ never, do_not_wake }) {
  $("count-never").textContent = String(Object.values(never).reduce((sum, n) => sum + n, 0));
  $("count-sleep").textContent = String(do_not_wake);
}

const word = (key, fallback) => (key in shell.words ? say(key) : fallback);

// `person()` is who is chosen; `changed()` and `again()` hear that a list has changed, and that person's standing.
export function listsOf({ person, changed, again }) {
  const never = list("never", "/api/never", neverRow);
  const sleep = list("sleep", "/api/do-not-wake", sleepRow);
  const after = (which) => () => {
    which.load();
    changed();
    if (person()) again();
  };
  const neverChanged = after(never), sleepChanged = after(sleep);

  function neverRow(one) {
    const remove = () => drop("/api/never/remove", { channel: one.channel, prefix: one.prefix }, neverChanged);
    return h("tr", {},
      h("th", { scope: "row" }, h("span.hash", {}, one.prefix)),
      h("td", {}, say(`channel_${one.channel}`)),
      h("td", {}, word(`never_because_${one.because}`, one.because)),
      h("td.number", {}, moment(one.since)),
      h("td", {}, one.by ?? ""),
      h("td.number", {}, String(one.held)),
      h("td.acts", {}, h("button.small", { type: "button", "aria-label": say("never_remove_of", { prefix: one.prefix }), onclick: remove }, say("never_remove"))));
  }

  function sleepRow(one) {
    const remove = () => drop("/api/do-not-wake/remove", { customer_ref: one.customer_ref }, sleepChanged);
    return h("tr", {},
      h("th", { scope: "row" }, nameOf(one), h("small", {}, accountOf(one.customer_ref))),
      h("td", {}, word(`sleep_because_${one.because}`, one.because)),
      h("td.number", {}, moment(one.since)),
      h("td", {}, one.by ?? ""),
      h("td.acts", {}, h("button.small", { type: "button", "aria-label": say("never_remove_of", { prefix: nameOf(one) }), onclick: remove }, say("never_remove"))));
  }

  $("never-form").addEventListener("submit", async (event) => {
    event.preventDefault();
    const address = $("address").value.trim();
    if (!address) return $("address").focus();
    const { status, content } = await ban([address]);
    if (status >= 400 || !status || content.unfit) return complain($("never-problem"), status < 400 && status ? say("never_unfit", { n: content.unfit }) : say("ledger_problem"));
    complain($("never-problem"), "");
    $("address").value = "";
    toast(content.added ? say("never_added", { n: content.added }) : say("never_known"), "good");
    neverChanged();
  });
  $("never-import").addEventListener("click", () => imported("never", firstCells, (lines) => ban(lines), neverChanged));
  $("sleep-import").addEventListener("click", () => imported("sleep", firstCells, (lines) => call("POST", "/api/do-not-wake", { customer_refs: lines, because: "imported" }), sleepChanged));
  $("ban").addEventListener("click", () => put("/api/never/customer", { customer_ref: person().customer_ref, channels: CHANNELS, because: $("ban-because").value }, neverChanged));
  $("sleep").addEventListener("click", () => put("/api/do-not-wake", { customer_refs: [person().customer_ref], because: $("sleep-because").value }, sleepChanged));
  never.load();
  sleep.load();
}

const ban = (addresses) => call("POST", "/api/never", { channel: $("never-channel").value, addresses, because: $("never-because").value });

async function put(path, wanted, changed) {
  const { status, content } = await call("POST", path, wanted);
  if (status !== 200 && status !== 201) return toast(say("ledger_problem"), "bad");
  toast(content.added ? say("never_added", { n: content.added }) : say("never_known"), "good");
  changed();
}

async function drop(path, wanted, changed) {
  const { status } = await call("POST", path, wanted);
  if (status !== 200 && status !== 404) return toast(say("ledger_problem"), "bad");
  toast(say("never_removed"), "good");
  changed();
}

function list(name, path, row) {
  let shown = 0;
  const load = async (skip = 0) => {
    const { status, content } = await call("GET", `${path}?skip=${skip}`);
    if (status !== 200) return toast(say("ledger_problem"), "bad");
    const rows = content.entries.map(row);
    if (skip) $(`${name}-entries`).append(...rows);
    else $(`${name}-entries`).replaceChildren(...rows);
    shown = skip + rows.length;
    $(`${name}-more`).hidden = rows.length < content.most;
    $(`${name}-none`).hidden = shown > 0;
  };
  $(`${name}-more`).addEventListener("click", () => load(shown));
  return { load: () => load() };
}

// The first cell of each line; an address with commas in it is one cell in quotes, or the whole line.
function firstCells(text, whole) {
  const lines = text.replace(/^\ufeff/, "").split(/\r?\n/).map((line) => line.trim()).filter(Boolean);
  return lines.map((line) => (whole ? line.replaceAll('"', "").replaceAll(",", " ") : /^"((?:[^"]|"")*)"/.exec(line)?.[1] ?? line.split(/[,\t]/)[0]).trim()).filter(Boolean);
}

// Excel writes Shift_JIS, everything else UTF-8.
async function textOf(file) {
  const bytes = await file.arrayBuffer();
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("shift_jis").decode(bytes);
  }
}

async function imported(name, cells, send, changed) {
  const [file] = $(`${name}-file`).files;
  if (!file) return $(`${name}-file`).focus();
  const lines = cells(await textOf(file), name === "never" && $("never-channel").value === "postal_dm");
  let added = 0, unfit = 0;
  for (let from = 0; from < lines.length; from += AT_ONCE) {
    const { status, content } = await send(lines.slice(from, from + AT_ONCE));
    if (status !== 200 && status !== 201) { complain($(`${name}-problem`), say("ledger_problem")); break; }
    added += content.added;
    unfit += content.unfit ?? 0;
  }
  if (unfit) complain($(`${name}-problem`), say("never_unfit", { n: unfit }));
  toast(say("never_added", { n: added }), "good");
  $(`${name}-file`).value = "";
  changed();
}
