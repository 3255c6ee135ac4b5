// Reach: how to call or write to the customer; masked until the claim is ours, and again as soon as it is not.

import { h, holding, realNow, say } from "./shell.js";

// Stricter than "mine": after the lease another agent may take it over and call.
export const holds = (alert) => holding(alert) === "mine" && Date.parse(alert.lease_until) > realNow();

// `customer` is there for whom there is no alert.
export function reach(alert, contact, customer) {
  const known = alert ?? customer;
  if (alert && contact) return open(alert, contact);
  const masked = [["phone", known.phone], ["mail", known.mail], ["prefecture", known.prefecture]].filter(([, value]) => value);
  return h("p.reach", {}, masked.map(([key, value]) => labelled(key, value)));
}

function open(alert, { phone, mail }) {
  return h("div.reach.open", {},
    phone ? call(phone) : h("span.nobody", {}, say("no_phone")),
    h("p", {},
      mail ? labelled("mail", h("a", { href: mailto(mail) }, mail)) : null,
      alert.prefecture ? labelled("prefecture", alert.prefecture) : null,
      h("small", {}, say("recorded"))));
}

function call({ text, dial }) {
  const number = [h("b", {}, text)];
  return dial ? h("a.call", { id: "call", href: `tel:${dial}`, title: say("call") }, ...number, h("kbd", {}, "t")) : h("span.call", {}, ...number);
}

const labelled = (key, value) => h("span", {}, h("b", {}, say(key)), value);

// Whatever else stands in an address must not become a subject or another recipient.
const mailto = (mail) => `mailto:${mail.split("@").map(encodeURIComponent).join("@")}`;
