// Endpoints: where webhooks go, made and switched here, each with the log of what was sent there.

import { showOnce, sure } from "./asking.js";
import { $, complain, moment, onKey, toast } from "./office.js";
import { call } from "./server.js";
import { h, realNow, say, shell } from "./shell.js";

const HOUR = 3_600_000;
const SINCE = [["delivery_hours", 6, HOUR], ["delivery_hours", 24, HOUR], ["delivery_days", 5, 24 * HOUR], ["delivery_days", 30, 24 * HOUR]];
const PROBLEMS = { 404: "integration_missing", 409: "integration_many", 422: "integration_invalid" };

let again = () => {};
let editing = null;
let logged = null;

// What to do after something was changed.
export const refresh = (load) => { again = load; };

const happening = (event) => say(`happening_${event.replace(".", "_")}`);
const path = (endpoint, rest = "") => `/api/integrations/endpoints/${endpoint.id}${rest}`;

export function drawEndpoints(endpoints) {
  $("endpoints").replaceChildren(...endpoints.map(row));
  if (!endpoints.length) $("endpoints").append(h("tr", {}, h("td.none", { colspan: 4 }, say("endpoints_none"))));
  const off = endpoints.filter((one) => one.off_because && one.off_because !== "person");
  complain($("sign"), off.length ? say("endpoint_sign", { names: off.map((one) => one.target.name).join("、") }) : "");
  logged = endpoints.find((one) => one.id === logged?.id) ?? null;
  drawLog();
}

function row(endpoint) {
  const { target, off_because: off } = endpoint;
  return h("tr", { class: off ? "shut" : undefined },
    h("th.url", { scope: "row" }, target.name, h("small", {}, target.url)),
    h("td", {}, h("div.pills", {}, target.events.map((event) => h("span.pill", {}, happening(event))), target.contacts && h("span.pill.mine", {}, say("endpoint_with_contacts")))),
    h("td", {}, h(`span.pill.${off ? "shut" : "open"}`, {}, off ? say(`endpoint_off_${off}`) : say("endpoint_on")),
      endpoint.failing_since && h("small", {}, say("endpoint_failing", { at: moment(endpoint.failing_since) })),
      endpoint.former_until && Date.parse(endpoint.former_until) > realNow() && h("small", {}, say("endpoint_two_secrets", { at: moment(endpoint.former_until) }))),
    h("td.acts", {}, acts(endpoint)));
}

function acts(endpoint) {
  return [
    act(endpoint, "endpoint_log", () => openLog(endpoint)),
    !endpoint.off_because && act(endpoint, "endpoint_test", () => test(endpoint)),
    act(endpoint, "endpoint_change", () => edit(endpoint)),
    act(endpoint, "endpoint_rotate", () => rotate(endpoint)),
    act(endpoint, endpoint.off_because ? "endpoint_switch_on" : "endpoint_switch_off", () => turn(endpoint)),
    act(endpoint, "endpoint_remove", () => remove(endpoint)),
  ];
}

function act(endpoint, word, what) {
  return h("button.small", { type: "button", id: `${word}-${endpoint.id}`, "aria-label": `${say(word)}: ${endpoint.target.name}`, onclick: what }, say(word));
}

function edit(endpoint) {
  editing = endpoint;
  const target = endpoint?.target;
  $("endpoint-title").textContent = target ? say("endpoint_changing", target) : say("endpoint_new");
  $("endpoint-name").value = target?.name ?? "";
  $("endpoint-url").value = target?.url ?? "";
  $("endpoint-contacts").checked = target?.contacts ?? false;
  for (const event of shell.happenings) $(`happening-${event}`).checked = !target || target.events.includes(event);
  complain($("endpoint-problem"));
  $("endpoint").showModal();
}

async function keep(event) {
  event.preventDefault();
  const wanted = {
    name: $("endpoint-name").value.trim(),
    url: $("endpoint-url").value.trim(),
    events: shell.happenings.filter((one) => $(`happening-${one}`).checked),
    contacts: $("endpoint-contacts").checked,
  };
  const { status, content } = editing ? await call("PUT", path(editing), wanted) : await call("POST", "/api/integrations/endpoints", wanted);
  if (status !== 200) return complain($("endpoint-problem"), problemOf(status, content));
  $("endpoint").close();
  toast(say("said_endpoint_saved"), "good");
  if (content.secret) once(content);
  again();
}

const once = ({ endpoint, secret }) => showOnce(say("endpoint_once", endpoint.target), secret, say("endpoint_once_hint"));

const problemOf = (status, content) => content.problem === "forbidden_url" ? say("integration_forbidden_url") : say(PROBLEMS[status] ?? "problem_network");

async function change(method, where, body, said) {
  const { status, content } = await call(method, where, body);
  if (status !== 200) toast(problemOf(status, content), "bad");
  else if (said) toast(said, "good");
  again();
  return status === 200 ? content : null;
}

async function test(endpoint) {
  await change("POST", path(endpoint, "/test"), undefined, say("said_endpoint_tested"));
  openLog(endpoint);
}

async function rotate(endpoint) {
  if (!(await sure(say("endpoint_rotate_sure", endpoint.target)))) return;
  const content = await change("POST", path(endpoint, "/rotate"));
  if (content) once(content);
}

const turn = (endpoint) => change("POST", path(endpoint, "/switch"), { on: Boolean(endpoint.off_because) }, say(endpoint.off_because ? "said_endpoint_on" : "said_endpoint_off"));

async function remove(endpoint) {
  if (!(await sure(say("endpoint_remove_sure", endpoint.target)))) return;
  await change("DELETE", path(endpoint), undefined, say("said_endpoint_removed"));
}

async function openLog(endpoint) {
  logged = endpoint;
  await drawLog();
  $("log-title").focus();
}

async function drawLog() {
  $("log").hidden = !logged;
  if (!logged) return;
  $("log-title").textContent = say("deliveries_of", logged.target);
  const { status, content } = await call("GET", path(logged, "/deliveries"));
  if (status !== 200) return;
  const focused = document.activeElement?.id;
  $("deliveries").replaceChildren(...content.deliveries.map(delivery));
  if (!content.deliveries.length) $("deliveries").append(h("tr", {}, h("td.none", { colspan: 5 }, say("deliveries_none"))));
  if (focused) $(focused)?.focus();
}

const LOOKS = { delivered: "open", waiting: "waiting", failed: "shut", held: "waiting" };

function delivery(one) {
  return h("tr", {},
    h("th.number", { scope: "row" }, moment(one.made_at)),
    h("td", {}, happening(one.event), one.alert && h("small", {}, one.alert.slice(0, 8))),
    h("td", {}, h(`span.pill.${LOOKS[one.state]}`, {}, say(`delivery_${one.state}`)), one.state === "waiting" && h("small", {}, say("delivery_due", { at: moment(one.due_at) }))),
    h("td", {}, h("ol.attempts", {}, one.attempts.map(attempt))),
    h("td.acts", {}, one.state !== "waiting" && !logged.off_because && h("button.small", { type: "button", id: `resend-${one.id}`, "aria-label": `${say("delivery_resend")}: ${moment(one.made_at)} ${happening(one.event)}`, onclick: () => resend(one) }, say("delivery_resend"))));
}

function attempt(one) {
  const key = `reason_${one.reason}`;
  const result = one.status ?? (key in shell.words ? say(key) : one.reason);
  return h("li", { class: one.reason ? "bad" : undefined }, say("delivery_attempt", { at: moment(one.at), result, ms: one.milliseconds }));
}

const resend = (one) => change("POST", `/api/integrations/deliveries/${one.id}/resend`, undefined, say("said_delivery_asked", { n: 1 }));

async function resendAll(event) {
  event.preventDefault();
  const since = new Date(realNow() - Number($("since").value)).toISOString();
  const content = await change("POST", path(logged, "/resend"), { since });
  if (content) toast(say("said_delivery_asked", { n: content.asked }), "good");
}

$("happenings").append(...shell.happenings.map((event) => h("label", {}, h("input", { type: "checkbox", id: `happening-${event}` }), happening(event))));
$("since").append(...SINCE.map(([word, n, unit]) => h("option", { value: n * unit }, say(word, { n }))));
$("new-endpoint").addEventListener("click", () => edit(null));
$("endpoint-form").addEventListener("submit", keep);
$("again").addEventListener("submit", resendAll);
onKey("e", () => edit(null));
