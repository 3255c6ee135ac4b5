// Integrations: tokens that let other programs in, and endpoints that webhooks go to.

import { showOnce, sure } from "./asking.js";
import { drawEndpoints, refresh } from "./endpoints.js";
import { $, complain, moment, onKey, toast } from "./office.js";
import { call } from "./server.js";
import { h, realNow, say, shell } from "./shell.js";

const AGAIN = 10_000;
const DAYS = [90, 30, 365, 0];

async function load() {
  const { status, content } = await call("GET", "/api/integrations");
  if (status !== 200) return toast(say("problem_network"), "bad");
  const focused = document.activeElement?.id;
  $("tokens").replaceChildren(...content.tokens.map(row));
  if (!content.tokens.length) $("tokens").append(h("tr", {}, h("td.none", { colspan: 7 }, say("tokens_none"))));
  drawEndpoints(content.endpoints);
  // The focus stays on the button it was on, though the row is new.
  if (focused) $(focused)?.focus();
}

const scopeOf = (scope) => say(`scope_${scope.replace(":", "_")}`);

function stateOf(token) {
  if (token.revoked_at) return "revoked";
  return token.expires_at && Date.parse(token.expires_at) <= realNow() ? "over" : "valid";
}

function row(token) {
  const state = stateOf(token);
  return h("tr", { class: state === "valid" ? undefined : "shut" },
    h("th", { scope: "row" }, token.name, h("small", {}, `hkt_…${token.hint}`)),
    h("td", {}, h("div.pills", {}, token.scopes.map((scope) => h("span.pill", {}, scopeOf(scope))))),
    h("td", {}, h(`span.pill.${state === "valid" ? "open" : "shut"}`, {}, say(`token_${state}`))),
    h("td.number", {}, moment(token.created_at), h("small", {}, token.created_by)),
    h("td.number", {}, token.last_used_at ? moment(token.last_used_at) : say("token_never_used")),
    h("td.number", {}, token.expires_at ? moment(token.expires_at) : say("token_no_end")),
    h("td.acts", {}, state === "valid" && h("button.small", { type: "button", id: `revoke-${token.id}`, "aria-label": `${say("token_revoke")}: ${token.name}`, onclick: () => revoke(token) }, say("token_revoke"))));
}

async function revoke(token) {
  if (!(await sure(say("token_revoke_sure", token)))) return;
  const { status } = await call("POST", `/api/integrations/tokens/${token.id}/revoke`);
  toast(say(status === 200 ? "said_token_revoked" : "integration_missing"), status === 200 ? "good" : "bad");
  load();
}

function ask() {
  $("token-form").reset();
  complain($("token-problem"));
  $("token").showModal();
}

async function make(event) {
  event.preventDefault();
  const scopes = shell.scopes.filter((scope) => $(`scope-${scope}`).checked);
  const days = Number($("token-days").value) || null;
  const { status, content } = await call("POST", "/api/integrations/tokens", { name: $("token-name").value.trim(), scopes, days });
  if (status !== 200) return complain($("token-problem"), say(status === 422 ? "integration_invalid" : "problem_network"));
  $("token").close();
  showOnce(say("token_once", content.token), content.secret, say("token_once_hint"));
  load();
}

$("docs").textContent = say("integrations_docs", shell);
$("scopes").append(...shell.scopes.map((scope, at) => h("label", {}, h("input", { type: "checkbox", id: `scope-${scope}`, checked: at === 0 }), scopeOf(scope))));
$("token-days").append(...DAYS.map((n) => h("option", { value: n }, n ? say("token_days", { n }) : say("token_no_end"))));
$("new-token").addEventListener("click", ask);
$("token-form").addEventListener("submit", make);
onKey("t", ask);
refresh(load);
setInterval(() => document.querySelector("dialog[open]") || load(), AGAIN);
load();
