// Parts of the effect's page: the arms beside each other, the money, the segments, the words against each other.

import { decimal, number, ofHundred, pValue, signedDecimal } from "./effect_said.js";
import { h, money, say } from "./shell.js";

const head = (...keys) => h("thead", {}, h("tr", {}, keys.map((key) => h("th", { scope: "col" }, key))));
const cell = (...content) => h("td.number", {}, ...content);
const small = (text) => h("small", {}, text);
const between = (low, high, written) => (low === null ? null : small(say("effect_interval", { low: written(low), high: written(high) })));

export function arms({ report, currency }) {
  const { sent, held, retention, orders, profit, cost } = report.outcomes;
  const yen = (value) => money(Math.round(value), currency);
  const plus = (value) => `${value > 0 ? "+" : ""}${yen(value)}`;
  const side = (name, one, observing, erased) => h("tr", {}, h("th", { scope: "row" }, name),
    cell(h("b", {}, number(one.enrolments)), observing ? small(`${say("effect_observing")} ${number(observing)}`) : null, erased ? small(`${say("effect_erased")} ${number(erased)}`) : null),
    one.enrolments ? sums(one, yen) : [cell("–"), cell("–"), cell("–"), cell("–")]);
  const difference = h("tr.total", {}, h("th", { scope: "row" }, say("effect_difference")), cell(""),
    told(retention, ofHundred), told(orders, signedDecimal), told(profit, plus), told(cost, plus));
  return h("table.figures", {}, h("caption.unseen", {}, say("effect_arms")),
    head(say("effect_group"), say("effect_enrolments"), say("effect_per_retention"), say("effect_per_orders"), say("effect_per_profit"), say("effect_per_cost")),
    h("tbody", {}, side(say("effect_sent"), sent, report.left.observing_sent, report.left.erased_sent), side(say("effect_held"), held, report.left.observing_held, report.left.erased_held)),
    h("tfoot", {}, difference));
}

function sums(one, yen) {
  return [
    cell(h("b", {}, ((one.retained / one.enrolments) * 100).toFixed(1)), small(say("effect_of", { hits: number(one.retained), of: number(one.enrolments) }))),
    cell(h("b", {}, decimal(one.orders / one.enrolments)), small(number(one.orders))),
    cell(h("b", {}, yen(one.profit / one.enrolments)), small(yen(one.profit))),
    cell(h("b", {}, yen(one.cost / one.enrolments)), small(yen(one.cost))),
  ];
}

function told({ value, low, high }, written) {
  return value === null ? cell("–") : cell(h("b", {}, written(value)), between(low, high, written));
}

// What was gained is the difference for each, times all who were sent to.
export function moneyTiles({ report, currency }) {
  const { sent, profit, cost, per_spent } = report.outcomes;
  const yen = (value) => money(Math.round(value), currency);
  const tile = (name, value, ...more) => h("div.tile", {}, h("h3", {}, say(name)), h("p.big", {}, h("b", {}, value)), ...more);
  const all = (value) => value * sent.enrolments;
  const limits = (low, high, written) => h("p.muted", {}, low === null ? say("effect_no_limits") : say("effect_interval", { low: written(low), high: written(high) }));
  const gained = profit.value === null ? "–" : yen(all(profit.value));
  return [
    tile("effect_money_spent", yen(sent.cost), h("p.muted", {}, say("effect_money_spent_each", { value: sent.enrolments ? yen(sent.cost / sent.enrolments) : "–" }))),
    tile("effect_money_gained", gained, limits(profit.low === null ? null : all(profit.low), all(profit.high), yen)),
    tile("effect_money_left", profit.value === null || cost.value === null ? "–" : yen(all(profit.value - cost.value))),
    tile("effect_money_yen", per_spent.value === null ? "–" : yen10(per_spent.value, currency), limits(per_spent.low, per_spent.high, (value) => yen10(value, currency))),
  ];
}

const yen10 = (value, currency) => Math.abs(value) >= 100 ? money(Math.round(value), currency) : decimal(value);

export function segments({ report, labels }, ask) {
  let last = null;
  const rows = report.segments.map((one) => {
    const name = labels[one.by][one.key ?? ""], kind = say(`effect_by_${one.by}`);
    const first = one.by !== last;
    last = one.by;
    return h(`tr${first ? ".begins" : ""}`, {}, h("td", {}, first ? kind : h("span.unseen", {}, kind)), h("th", { scope: "row" }, name),
      cell(number(one.sent)), cell(number(one.held)), told(one.retention, ofHundred), cell(pValue(one.p)),
      h("td", {}, one.harmful ? [h("span.pill.bad", {}, say("effect_harmful")), " ", h("button.quiet", { type: "button", onclick: () => ask(one, `${kind}: ${name}`) }, say("effect_spare"))] : null));
  });
  return h("table.figures", {}, h("caption.unseen", {}, say("effect_segments")),
    head(say("effect_segment"), h("span.unseen", {}, say("effect_segment")), say("effect_sent"), say("effect_held"), say("effect_per_retention"), say("effect_p_adjusted"), say("effect_state")), h("tbody", {}, rows));
}

export function contests({ report, currency }) {
  if (report.contests.length === 0) return h("p.muted", {}, say("effect_no_contests"));
  const yen = (value) => money(Math.round(value), currency);
  const share = (kept, of) => [h("b", {}, ((kept / of) * 100).toFixed(1)), small(say("effect_of", { hits: number(kept), of: number(of) }))];
  const rows = report.contests.map((one) => h("tr", {}, h("th", { scope: "row" }, one.step), h("td", {}, say(`effect_way_${one.way}`)),
    h("td.number", {}, small(one.base), share(one.kept_base, one.of_base)), h("td.number", {}, small(one.other), share(one.kept_other, one.of_other)),
    told(one.retention, ofHundred), told(one.profit, yen), cell(pValue(one.p)), h("td", {}, say(one.p !== null && one.p < 0.05 ? "effect_better" : "effect_same"))));
  return h("table.figures", {}, h("caption.unseen", {}, say("effect_creatives")),
    head(say("effect_step"), say("effect_way"), say("effect_base"), say("effect_other"), say("effect_per_retention"), say("effect_per_profit"), say("effect_p_adjusted"), say("effect_state")), h("tbody", {}, rows));
}
