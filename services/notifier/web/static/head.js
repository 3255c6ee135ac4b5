// The head of the card: who it is, how much is at stake, how urgent, and what must not be overlooked.

import { svg } from "./chart.js";
import { day, deliveries, moment } from "./contracts.js";
import { reach } from "./reach.js";
import { accountOf, bandOf, dateTime, h, money, nameOf, percent, realNow, say } from "./shell.js";

const BANDS = ["low", "medium", "high", "critical"];
const CHANNELS = ["phone", "mail", "line", "postal_dm"];

export function head(alert, customer, contact) {
  const who = alert ?? customer;
  return [
    h("div.who", {},
      alert ? gauge(alert) : h("span.face", { "aria-hidden": "true" }, (who.name ?? "?").slice(0, 1)),
      h("div.person", {},
        h("div.kana", {}, who.kana ?? "", h("small", {}, `${say("customer")} ${who.customer_ref.split("/").at(-1)}`), marks(alert, customer)),
        h("h2", { id: "card-name", tabindex: -1 }, nameOf(who)),
        reach(alert, contact, customer)),
      alert ? stake(alert) : null),
    h("dl.strip", {}, strip(alert, customer).map(([name, value]) => h("div", {}, h("dt", {}, say(name)), h("dd", {}, value)))),
  ];
}

const stake = (alert) => h("dl.stake", {}, h("dt", {}, say("value_at_risk")), h("dd", {}, money(alert.value.amount, alert.value.currency)), h("dd.until", {}));

function gauge(alert) {
  const round = 2 * Math.PI * 40;
  const circles = [["whole", 1], ["part", alert.probability]].map(([kind, share]) => svg("circle", { cx: 46, cy: 46, r: 40, class: kind, "stroke-dasharray": `${round * share} ${round}` }));
  const days = Math.round(alert.horizon_days);
  const label = alert.kind === "payment" ? say("risk_of_payment", { days }) : say("risk_of_leaving", { days });
  return h("div.gauge", { title: label }, svg("svg", { viewBox: "0 0 92 92", "aria-hidden": "true" }, ...circles),
    h("p", {}, h("b", {}, percent(alert.probability), h("small", {}, "%")), h("span", {}, change(alert), bandOf(alert))));
}

// Which way the band went, if it has.
function change({ band, previous_band: before }) {
  const by = BANDS.indexOf(band) - BANDS.indexOf(before);
  if (!before || by === 0) return null;
  const label = say(by > 0 ? "band_rose" : "band_fell", { band: say(`band_${before}`) });
  return h("i", { title: label, role: "img", "aria-label": label }, by > 0 ? "▲" : "▼");
}

function strip(alert, customer) {
  const facts = [];
  if (alert && alert.kind !== "repeat") {
    facts.push(["deliveries", deliveries(alert.delivery_number, alert.min_deliveries)]);
    facts.push(["next_shipment", alert.due ? moment(alert.due) : say("unknown")]);
    facts.push(["change_until", alert.cutoff ? h("span", {}, dateTime(alert.cutoff)) : say("no_cutoff")]);
  }
  if (customer?.since) facts.push(["customer_since", day(customer.since)]);
  if (customer) facts.push(["customer_orders", h("span", {}, say("orders_count", { n: customer.orders }), customer.spent ? h("small", {}, money(customer.spent.amount, customer.spent.currency)) : null)]);
  const others = alert?.accounts ?? (customer?.accounts ?? []).filter((ref) => ref !== customer.customer_ref);
  if (others.length) facts.push(["other_accounts", h("span", {}, others.map((ref) => h("span.account", {}, accountOf(ref))))]);
  return facts;
}

function marks(alert, customer) {
  const all = [];
  if (customer?.erased) all.push(h("li.bad", {}, say("mark_erased")));
  if (customer?.do_not_contact) all.push(h("li.bad", {}, say("mark_do_not_contact")));
  for (const channel of refusals(alert, customer)) all.push(h("li.bad", {}, say("mark_refused", { channel: say(`channel_${channel}`) })));
  if (alert?.call_from && Date.parse(alert.call_from) > realNow() - 3_600_000) all.push(h("li.call-back", {}, say(alert.call_because === "callback" ? "mark_callback" : "mark_again", { at: dateTime(alert.call_from) })));
  if (alert?.attempts) all.push(h("li", {}, say("mark_attempts", { n: alert.attempts })));
  if (alert?.parked) all.push(h("li", {}, say("mark_parked")));
  return all.length ? h("ul.marks", {}, all) : null;
}

function refusals(alert, customer) {
  const refused = new Set(alert?.refused ?? []);
  for (const channel of CHANNELS) if (customer?.consents?.[channel] === false) refused.add(channel);
  return [...refused];
}
