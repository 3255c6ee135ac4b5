// Because: why a message did not go out, in words (as web/because.py says it); and the pill of what became of it.

import { h, say, shell } from "./shell.js";

// The provider's number is taken out of the word: smtp_550_at_rcpt is because_smtp_at_rcpt with 550.
export function because(reason) {
  const key = `because_${reason.replace(/_\d+/, "")}`;
  return key in shell.words ? say(key, { n: /_(\d+)/.exec(reason)?.[1] ?? "" }) : reason;
}

const GOOD = ["sent"], BAD = ["unknown", "rejected", "expired"], LATER = ["deferred", "batched"];

export function outcomePill(outcome) {
  const kind = GOOD.includes(outcome) ? ".open" : BAD.includes(outcome) ? ".shut" : LATER.includes(outcome) ? ".later" : "";
  return h(`span.pill${kind}`, {}, say(`outcome_${outcome}`));
}

// How a person stands to each channel: what was said, and what bars it whatever was said.
export function standingChips(standing) {
  const whole = [
    standing.erased && say("standing_erased"),
    standing.do_not_contact && say("standing_do_not_contact"),
    standing.do_not_wake && say("standing_do_not_wake"),
  ].filter(Boolean).map((text) => h("li.pill.shut", {}, text));
  return h("ul.chips", {}, ...whole, ...standing.ways.map(way));
}

function way(one) {
  const said = one.granted === null ? "none" : one.granted ? "yes" : "no";
  const bars = [one.never && "never", one.unreachable && "unreachable", !one.address && "no_address"].filter(Boolean);
  const kind = said === "yes" && !bars.length ? ".open" : said === "no" || one.never ? ".shut" : "";
  return h(`li.pill${kind}`, {}, `${say(`channel_${one.channel}`)}: ${[said, ...bars].map((word) => say(`standing_${word}`)).join("・")}`);
}
