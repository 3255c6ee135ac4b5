// Cancel: a customer's wish to leave is taken in two steps, with what has to be told, and with no offer in between.

import { numberOf, runs } from "./contracts.js";
import { call } from "./server.js";
import { businessNow, date, dateTime, h, say, shell } from "./shell.js";

// `asked`: {alert, customer, reason}; `done(cancellation)` hears of what was recorded.
export function openCancel(asked, done) {
  const opener = document.activeElement;
  const dialog = h("dialog.taking", { id: "cancel", "aria-labelledby": "cancel-title", onclose: () => (dialog.remove(), document.getElementById(opener?.id)?.focus()) });
  const request = { subscription: null, reason: asked.reason ?? "", told: new Set(), note: "" };
  const choices = contractsOf(asked);
  request.subscription = (choices.find((one) => one.subscription === asked.alert?.subscription) ?? choices[0])?.subscription ?? null;
  const step = { asked, dialog, request, choices, done, busy: false };
  dialog.append(first(step));
  document.body.append(dialog);
  dialog.showModal();
  dialog.querySelector("input:checked")?.focus();
}

// The alert's own one stands in when nothing is known yet: the way out waits for no list.
function contractsOf({ alert, customer }) {
  const running = (customer?.contracts ?? []).filter((one) => runs(one) || one.state === "cancel_requested");
  const meant = (one) => Number(one.subscription !== alert?.subscription);
  if (running.length || !alert?.subscription) return running.sort((a, b) => meant(a) - meant(b));
  return [{ subscription: alert.subscription, product: null, deliveries: alert.delivery_number, min_deliveries: alert.min_deliveries, due: alert.due, cutoff: alert.cutoff, cancellation: null }];
}

function first(step) {
  const { request, choices, dialog } = step;
  const facts = h("fieldset.facts", {});
  const submit = h("button.primary", { id: "cancel-confirm" }, say("cancel_take"));
  const problem = h("p.problem", { id: "cancel-problem", role: "alert", hidden: true });
  const draw = () => drawFacts(facts, step);
  const form = h("form", { onsubmit: (event) => (event.preventDefault(), send(step, submit, problem)) },
    h("h2", { id: "cancel-title" }, say("cancel_take")),
    h("p.muted", {}, say("cancel_lead")),
    choices.length ? pick(choices, request, draw) : byNumber(request),
    facts,
    h("div.pair", {}, labelled("cancel-reason", say("cancel_reason"), reasons(request)), labelled("cancel-note", say("note"), note(request))),
    problem,
    h("div.buttons", {}, h("button.quiet", { type: "button", id: "cancel-close", onclick: () => dialog.close() }, say("back"), h("kbd", {}, "Esc")), submit));
  draw();
  return form;
}

function pick(choices, request, draw) {
  return h("fieldset.which", {}, h("legend", {}, say("cancel_which")), choices.map((one, index) => {
    const choose = () => (Object.assign(request, { subscription: one.subscription, told: new Set() }), draw());
    const radio = h("input", { type: "radio", name: "subscription", id: `cancel-which-${index}`, checked: one.subscription === request.subscription, onchange: choose });
    return h("label", {}, radio, h("span", {}, h("b", {}, one.product ?? say("contract_of", { id: numberOf(one.subscription) })), ` #${numberOf(one.subscription)}`));
  }));
}

function byNumber(request) {
  const field = h("input", { id: "cancel-number", required: true, maxlength: 100, oninput: (event) => (request.subscription = event.target.value.trim()) });
  return h("div.which", {}, h("p", {}, say("cancel_no_contract")), labelled("cancel-number", say("contract_number"), field));
}

function drawFacts(element, { choices, request }) {
  const one = choices.find(({ subscription }) => subscription === request.subscription);
  const all = one ? factsOf(one) : [["parcel", say("cancel_parcel_unknown")]];
  element.replaceChildren(h("legend", {}, say("cancel_tell")), ...all.map(([code, text]) => {
    const tick = h("input", { type: "checkbox", id: `told-${code}`, onchange: (event) => (event.target.checked ? request.told.add(code) : request.told.delete(code)) });
    return h("label", {}, tick, h("span", {}, text));
  }));
}

// What must be told: when it takes effect, whether another parcel still leaves, and what was agreed.
function factsOf(one) {
  const facts = [];
  const n = one.deliveries ?? 0, open = one.cutoff ? Date.parse(one.cutoff) > businessNow() : null;
  if (one.cancellation?.state === "requested") facts.push(["already", say("cancel_already", { number: one.cancellation.number, at: dateTime(one.cancellation.requested_at) })]);
  if (open === true) facts.push(["next_parcel", say("cancel_parcel_stops", { date: one.due ? date(one.due) : say("next_shipment") }) ], ["effective", say("cancel_effective", { n: n + 1 })]);
  else if (open === false) facts.push(["next_parcel", say("cancel_parcel_leaves", { date: one.due ? date(one.due) : say("next_shipment") })], ["effective", say("cancel_effective", { n: n + 2 })]);
  else facts.push(["next_parcel", say("cancel_parcel_unknown")]);
  const left = (one.min_deliveries ?? 0) - n;
  if (left > 0) facts.push(["minimum", say("cancel_minimum_left", { m: one.min_deliveries, n: left })]);
  else facts.push(["minimum", say("cancel_minimum_none")]);
  return facts;
}

function reasons(request) {
  const choices = [["", say("call_reason_none")], ...(shell.call_reasons ?? []).map(({ code, label }) => [code, label])];
  return h("select", { id: "cancel-reason", onchange: (event) => (request.reason = event.target.value) }, choices.map(([value, label]) => h("option", { value, selected: value === request.reason }, label)));
}

const note = (request) => h("input", { id: "cancel-note", maxlength: 2000, oninput: (event) => (request.note = event.target.value) });
const labelled = (id, text, field) => h("div.field", {}, h("label", { for: id }, text), field);

// What was typed stays until it is recorded; a second click finds the button asleep.
async function send(step, submit, problem) {
  const { asked, request, done } = step;
  if (step.busy || !request.subscription) return;
  step.busy = submit.disabled = true;
  const body = { subscription: request.subscription, reason: request.reason || undefined, told: [...request.told], note: request.note.trim() || undefined };
  const path = asked.alert ? `/api/alerts/${asked.alert.id}/cancel` : "/api/customers/cancel";
  const { status, content } = await call("POST", path, asked.alert ? body : { customer_ref: asked.customer.customer_ref, ...body });
  step.busy = submit.disabled = false;
  if (status === 200 || status === 201) return (second(step, content.cancellation), done(content.cancellation));
  problem.textContent = status === 0 ? say("problem_network") : told(content.problem);
  problem.hidden = false;
}

const told = (problem) => (problem && say(`problem_${problem}`) !== `problem_${problem}` ? say(`problem_${problem}`) : say("problem_cancel"));

function second({ dialog }, done) {
  const close = h("button.primary", { type: "button", id: "cancel-done", onclick: () => dialog.close() }, say("close"));
  dialog.replaceChildren(h("div.taken", { role: "status" },
    h("h2", { id: "cancel-title" }, say("cancel_done")),
    h("p", {}, say("cancel_number")),
    h("p.number", {}, done.number),
    h("dl", {},
      h("dt", {}, say("cancel_asked_at")), h("dd", {}, dateTime(done.requested_at)),
      h("dt", {}, say("next_parcel")), h("dd", {}, say(`parcel_${done.next_parcel}`)),
      ...(done.effective_delivery ? [h("dt", {}, say("cancel_effective_short")), h("dd", {}, say("offer_effective", { n: done.effective_delivery }))] : [])),
    h("p.muted", {}, say("cancel_read_out"))), h("div.buttons", {}, close));
  close.focus();
}
