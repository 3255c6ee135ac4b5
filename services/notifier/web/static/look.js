// Look: a customer without an alert is shown to whoever says why; each look is recorded.

import { call } from "./server.js";
import { h, say } from "./shell.js";

const WHYS = ["inbound", "complaint", "check"];

// `found(customer, why)` hears of whom the server showed.
export function asking(customer_ref, found) {
  const problem = h("p.problem", { role: "alert", hidden: true });
  const ask = async (why) => {
    const { status, content } = await call("POST", "/api/customers/look", { customer_ref, why });
    if (status === 200) return found(content.customer, why);
    problem.textContent = say(status === 404 ? "problem_missing" : "problem_network");
    problem.hidden = false;
  };
  return h("div.asking", {},
    h("h2", { id: "look-title", tabindex: -1 }, say("look_title")),
    h("p.muted", {}, say("look_lead")),
    h("div.whys", { role: "group", "aria-labelledby": "look-title" }, WHYS.map((why, index) => h("button.quiet", { type: "button", id: `look-${why}`, onclick: () => ask(why) }, h("kbd", {}, String(index + 1)), say(`look_${why}`)))),
    problem);
}
