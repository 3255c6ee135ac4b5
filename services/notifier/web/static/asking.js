// Asking: a question before something that cannot be undone, and a secret that is shown once.

import { $, toast } from "./office.js";
import { say } from "./shell.js";

// Ends with true for yes; closing it in any other way is no.
export function sure(text) {
  $("sure-text").textContent = text;
  $("sure").returnValue = "";
  $("sure").showModal();
  return new Promise((answer) => $("sure").addEventListener("close", () => answer($("sure").returnValue === "yes"), { once: true }));
}

export function showOnce(title, secret, hint) {
  $("once-title").textContent = title;
  $("once-secret").textContent = secret;
  $("once-hint").textContent = hint;
  $("once").showModal();
}

async function copy() {
  await navigator.clipboard.writeText($("once-secret").textContent);
  toast(say("integration_copied"), "good");
}

$("sure-yes").addEventListener("click", () => $("sure").close("yes"));
$("once-copy").addEventListener("click", copy);
$("once").addEventListener("close", () => { $("once-secret").textContent = ""; });
for (const button of document.querySelectorAll("[data-close]")) button.addEventListener("click", () => button.closest("dialog").close());
