// Contracts: each of a customer's, with its deliveries, its next parcel, and its cancellation if there is one.

import { businessNow, date, dateTime, h, money, say, shell, untilCutoff } from "./shell.js";

const DAY = 86_400_000;

export function contracts(customer, alert) {
  const all = [...customer.contracts].sort((a, b) => mattersLess(a, alert) - mattersLess(b, alert));
  const list = all.length ? h("ul.contracts", {}, all.map((one) => contract(one, alert))) : h("p.muted", {}, say("no_contract"));
  return [h("h3", {}, say("contracts"), h("small", {}, say("contracts_count", { n: all.length }))), list];
}

const GOES_ON = ["active", "paused", "payment_stopped"];
export const runs = (one) => GOES_ON.includes(one.state);
const mattersLess = (one, alert) => (one.subscription === alert?.subscription ? 0 : runs(one) ? 1 : 2);

// The cart's own number; `subscription` may be a whole reference.
export const numberOf = (subscription) => String(subscription).split("/").at(-1);

function contract(one, alert) {
  const meant = alert && one.subscription === alert.subscription;
  return h(`li.contract.${one.state}${meant ? ".meant" : ""}`, {},
    h("p.title", {},
      h("b", {}, one.product ?? say("contract_of", { id: numberOf(one.subscription) })),
      h(`span.state.${one.state}`, {}, say(`contract_${one.state}`)),
      h("small", {}, [one.product ? `#${numberOf(one.subscription)}` : "", one.cart ?? ""].filter(Boolean).join(" · "))),
    h("dl", {}, facts(one).flatMap(([name, value]) => [h("div", {}, h("dt", {}, say(name)), h("dd", {}, value))])),
    one.cancellation ? h("p.cancellation", {}, cancelled(one.cancellation)) : null);
}

function facts(one) {
  const known = [["contract_cycle", one.cycle && cycle(one.cycle)], ["contract_price", one.amount && money(one.amount.amount, one.amount.currency)]];
  known.push(["deliveries", deliveries(one.deliveries, one.min_deliveries)]);
  if (runs(one)) known.push(["next_shipment", one.due && moment(one.due)], ["change_until", one.cutoff && h("span", {}, dateTime(one.cutoff), h(`small.until.${untilCutoff(one.cutoff).urgency}`, {}, untilCutoff(one.cutoff).text))]);
  known.push(["contract_since", (one.started ?? one.since) && day(one.started ?? one.since)]);
  known.push(["contract_events", history(one)]);
  return known.filter(([, value]) => value);
}

function history(one) {
  const parts = [["skips", one.skips], ["pauses", one.pauses], ["failures", one.payment_failures]].filter(([, n]) => n > 0).map(([key, n]) => say(`contract_${key}`, { n }));
  if (one.skipped_in_a_row > 1) parts.push(say("contract_in_a_row", { n: one.skipped_in_a_row }));
  return parts.join(" · ");
}

const cycle = ({ unit, count }) => say(count === 1 ? `every_${unit}` : `every_${unit}s`, { n: count });

function cancelled({ number, requested_at, next_parcel, state }) {
  return say(`contract_cancellation_${state}`, { number, at: dateTime(requested_at), parcel: say(`parcel_${next_parcel}`) });
}

export function deliveries(n, m) {
  const left = (m ?? 0) - (n ?? 0);
  const pips = m > 0 && m <= 12 ? h("span.pips", { "aria-hidden": "true" }, Array.from({ length: m }, (_, i) => h(i < n ? "i.full" : "i"))) : null;
  const hint = !m ? say("no_minimum") : left > 0 ? say("remaining_minimum", { n: left }) : say("minimum_done");
  return h("span", {}, n ? say("delivery", { n }) : say("unknown"), pips, h("small", {}, m ? `${say("minimum", { m })} · ${hint}` : hint));
}

export const moment = (at, withTime = false) => h("span", {}, withTime ? dateTime(at) : date(at), h("small", { "data-moment": at }, relative(at)));

export function relative(at) {
  const days = Math.round((Date.parse(at) - businessNow()) / DAY);
  return Math.abs(days) < 60 ? new Intl.RelativeTimeFormat(shell.language, { numeric: "auto" }).format(days, "day") : "";
}

const days = new Intl.DateTimeFormat(shell.language === "ja" ? "ja-JP" : "en-GB", { dateStyle: "medium", timeZone: shell.zone });
export const day = (at) => days.format(new Date(at));
