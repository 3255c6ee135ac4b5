// People: a customer is found by what one knows of him; the words go in a body, and only names come back.

import { $, complain } from "./office.js";
import { call } from "./server.js";
import { accountOf, h, say } from "./shell.js";

// The form has a field #ask, a list #found and a line #ask-problem; `chosen(person)` hears who is meant.
export function finding(form, chosen) {
  const show = (person) => {
    $("found").replaceChildren();
    $("ask").value = "";
    chosen(person);
  };
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const q = $("ask").value.trim();
    if (!q) return;
    const { status, content } = await call("POST", "/api/messages/people", { q });
    const found = status === 200 ? content.found : [];
    complain($("ask-problem"), status !== 200 ? say("ledger_problem") : found.length ? "" : say("ledger_ask_none"));
    if (found.length === 1) return show(found[0]);
    $("found").replaceChildren(...found.map((one) => h("li", {}, h("button.small", { type: "button", onclick: () => show(one) }, nameOf(one), h("small", {}, `${one.kana ?? ""} ${accountOf(one.customer_ref)}`)))));
    $("found").querySelector("button")?.focus();
  });
}

export const nameOf = (one) => (one.name ? say("honorific", { name: one.name }) : say("ledger_nobody"));
