// Why now: the reasons with what each weighs, what speaks for staying, and how the score came to be.

import { chart, scoresOf } from "./chart.js";
import { dateTime, h, reasonText, say } from "./shell.js";

export function why(alert, customer) {
  return [
    h("h3", {}, say("why_now"), h("small", {}, say("why_hint"))),
    h("ul", {}, alert.reasons.map((reason) => bar(reason, alert))),
    ...strengths(alert),
    alert.rung === "full" ? null : h("p.rough", {}, say(`rung_${alert.rung}`)),
    customer ? chart(scoresOf(customer.scores, alert)) : null,
    h("p.source", {}, say("assessed_by", { at: dateTime(alert.assessed_at), model: alert.model })),
  ];
}

// Reasons and strengths share one scale, so that their bars can be compared.
function bar(reason, { reasons, strengths }) {
  const most = Math.max(...[...reasons, ...strengths].map((one) => Math.abs(one.contribution)), 0.01);
  const width = `${Math.max(4, (Math.abs(reason.contribution) / most) * 100)}%`;
  return h("li.reason", {}, h("p", {}, reasonText(reason)), h("div.bar", { "aria-hidden": "true" }, h("i", { width })));
}

function strengths(alert) {
  if (alert.strengths.length === 0) return [];
  return [h("h3.minor", {}, say("strengths")), h("ul.strengths", {}, alert.strengths.map((strength) => bar(strength, alert)))];
}
