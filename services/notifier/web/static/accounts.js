// Accounts: who may enter and as what; made, changed and shut by administrators.

import { $, complain, moment, onKey, toast } from "./office.js";
import { call } from "./server.js";
import { h, say, shell } from "./shell.js";

const AGAIN = 30_000;
const PROBLEMS = { 404: "missing", 422: "invalid" };

let accounts = [];
let editing = null;

async function load() {
  const { status, content } = await call("GET", "/api/accounts");
  if (status !== 200) return toast(say("problem_network"), "bad");
  accounts = content.accounts;
  draw();
}

// The focus stays on the button it was on, though the row is new.
function draw() {
  const focused = document.activeElement?.id;
  $("accounts").replaceChildren(...accounts.map(row));
  if (focused) $(focused)?.focus();
  const sources = new Set(accounts.map((account) => account.source));
  $("note-settings").hidden = !sources.has("settings");
  $("note-oidc").hidden = !sources.has("oidc");
  $("note-oidc").textContent = say("source_oidc_note", { label: shell.provider ?? say("source_oidc") });
}

function row(account) {
  const me = account.login === shell.login;
  return h("tr", { "data-login": account.login, class: account.active ? undefined : "shut" },
    h("th", { scope: "row" }, h("span.name", {}, account.name), me && h("span.pill.mine", {}, say("account_you")), h("small", {}, account.login)),
    h("td", {}, say(`role_${account.role}`)),
    h("td", {}, account.source === "oidc" && shell.provider ? shell.provider : say(`source_${account.source}`)),
    h("td", {}, h(`span.pill.${account.active ? "open" : "shut"}`, {}, say(account.active ? "account_active" : "account_shut")),
      account.must_change && account.active && h("span.pill", {}, say("account_must_change"))),
    h("td.number", {}, account.seen_at ? moment(account.seen_at) : say("account_never")),
    h("td.number", {}, account.sessions ? say("account_open_sessions", { n: account.sessions }) : "–", ...account.peers.map((peer) => h("small", {}, peer))),
    h("td.acts", {}, ...acts(account)));
}

function acts(account) {
  const mine = account.source === "local";
  return [
    mine && act(account, "account_change", () => edit(account)),
    mine && act(account, "account_renew", () => renew(account)),
    account.sessions > 0 && act(account, "account_put_out", () => putOut(account)),
    account.source !== "settings" && (account.active ? act(account, "account_stop", () => shut(account)) : act(account, "account_reopen", () => reopen(account))),
  ];
}

function act(account, word, what) {
  return h("button.small", { type: "button", id: `${word}-${account.login}`, "aria-label": `${say(word)}: ${account.name}`, onclick: what }, say(word));
}

function edit(account) {
  editing = account;
  $("edit-title").textContent = account ? say("account_changing", { login: account.login }) : say("accounts_new");
  $("edit-do").textContent = say(account ? "account_save" : "account_create");
  $("edit-login-field").hidden = Boolean(account);
  $("edit-login").required = !account;
  $("edit-login").value = account?.login ?? "";
  $("edit-name").value = account?.name ?? "";
  $("edit-role").value = account?.role ?? "agent";
  complain($("edit-problem"));
  $("edit").showModal();
}

async function keep(event) {
  event.preventDefault();
  const wanted = { login: $("edit-login").value.trim(), name: $("edit-name").value.trim(), role: $("edit-role").value };
  const { status, content } = await call("POST", editing ? "/api/accounts/change" : "/api/accounts", wanted);
  if (status !== 200) return complain($("edit-problem"), problemOf(status, content));
  $("edit").close();
  toast(say(editing ? "said_account_changed" : "said_account_made"), "good");
  if (content.password) showOnce(wanted.login, content.password);
  await load();
}

async function renew(account) {
  if (!(await sure("account_renew_sure", account))) return;
  const content = await change("/api/accounts/password", { login: account.login });
  if (content) showOnce(account.login, content.password);
}

async function putOut(account) {
  if (!(await sure("account_put_out_sure", account))) return;
  const content = await change("/api/accounts/put-out", { login: account.login });
  if (content) toast(say("said_account_put_out", { n: content.ended }), "good");
}

async function shut(account) {
  if (!(await sure("account_stop_sure", account))) return;
  if (await change("/api/accounts/change", { login: account.login, active: false })) toast(say("said_account_shut"), "good");
}

async function reopen(account) {
  if (await change("/api/accounts/change", { login: account.login, active: true })) toast(say("said_account_reopened"), "good");
}

async function change(path, wanted) {
  const { status, content } = await call("POST", path, wanted);
  if (status !== 200) toast(problemOf(status, content), "bad");
  await load();
  return status === 200 ? content : null;
}

function problemOf(status, content) {
  const problem = content.problem ?? PROBLEMS[status];
  return `problem_account_${problem}` in shell.words ? say(`problem_account_${problem}`) : say("problem_network");
}

// Ends with true for yes; closing it in any other way is no.
function sure(word, account) {
  $("sure-text").textContent = say(word, account);
  $("sure").returnValue = "";
  $("sure").showModal();
  return new Promise((answer) => $("sure").addEventListener("close", () => answer($("sure").returnValue === "yes"), { once: true }));
}

function showOnce(login, password) {
  $("once-title").textContent = say("password_once", { login });
  $("once-password").textContent = password;
  $("once").showModal();
}

async function copy() {
  await navigator.clipboard.writeText($("once-password").textContent);
  toast(say("password_copied"), "good");
}

$("new-account").addEventListener("click", () => edit(null));
$("edit-form").addEventListener("submit", keep);
$("sure-yes").addEventListener("click", () => $("sure").close("yes"));
$("once-copy").addEventListener("click", copy);
// Browsers have it only where the page came over HTTPS, or from this machine.
$("once-copy").hidden = !navigator.clipboard;
$("once").addEventListener("close", () => { $("once-password").textContent = ""; });
for (const button of document.querySelectorAll("[data-close]")) button.addEventListener("click", () => button.closest("dialog").close());
onKey("n", () => edit(null));
setInterval(() => document.querySelector("dialog[open]") || load(), AGAIN);
load();
