// The office: what the pages of accounts, passwords and the audit log have in common.

import { h, say, shell } from "./shell.js";

export const $ = (id) => document.getElementById(id);

export function toast(text, kind = "") {
  const element = h(`p.toast${kind && `.${kind}`}`, {}, text);
  $("toasts").replaceChildren(element);
  setTimeout(() => element.remove(), 4_000);
}

// A line under a form; no text hides it.
export function complain(element, text) {
  element.hidden = !text;
  element.textContent = text ?? "";
}

// With the year and the second: these pages are read long after.
const moments = new Intl.DateTimeFormat(shell.language === "ja" ? "ja-JP" : "en-GB", {
  year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit", second: "2-digit", timeZone: shell.zone,
});
export const moment = (at) => moments.format(new Date(at));

// What happened, in words; what this page has no word for yet keeps its own name.
export function audited(what) {
  const key = `audited_${what.replaceAll(".", "_")}`;
  return key in shell.words ? say(key) : what.replace(/^why\./, "");
}

// One key, unless it is being typed somewhere.
export function onKey(key, act) {
  document.addEventListener("keydown", (event) => {
    if (event.key !== key || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, select, textarea") || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    act();
  });
}

// A file that is asked for with a body, since what is asked may be about a customer.
export async function saveFile(path, wanted) {
  const csrf = document.querySelector('meta[name="csrf-token"]').content;
  const headers = { "content-type": "application/json", "x-csrf-token": csrf };
  const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(wanted) }).catch(() => null);
  if (!answer?.ok) return false;
  const [, name] = /filename="([^"]+)"/.exec(answer.headers.get("content-disposition"));
  const address = URL.createObjectURL(await answer.blob());
  h("a", { href: address, download: name }).click();
  URL.revokeObjectURL(address);
  return true;
}
