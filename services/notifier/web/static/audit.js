// Audit: who saw and did what, the newest first; saved as a file, and checked for tampering.

import { $, audited, moment, onKey, saveFile, toast } from "./office.js";
import { call } from "./server.js";
import { h, say, shell } from "./shell.js";

let oldest = null;

function asked() {
  const wanted = { who: $("who").value.trim(), what: $("what").value, subject: $("subject").value.trim() };
  return Object.fromEntries(Object.entries(wanted).filter(([, value]) => value));
}

async function load(before = null) {
  const { status, content } = await call("POST", "/api/audit", before ? { ...asked(), before } : asked());
  if (status !== 200) return toast(say("audit_problem"), "bad");
  if (!before) $("entries").replaceChildren();
  $("entries").append(...content.entries.map(row));
  oldest = content.entries.at(-1)?.id ?? oldest;
  $("more").hidden = !content.more;
  $("none").hidden = $("entries").childElementCount > 0;
}

function row(entry) {
  const role = `role_${entry.role}` in shell.words ? say(`role_${entry.role}`) : entry.role;
  return h("tr", {},
    h("td.number", {}, String(entry.id)),
    h("td.number", {}, moment(entry.at)),
    h("th", { scope: "row" }, entry.who, role !== entry.who && h("small", {}, role)),
    h("td", {}, audited(entry.what)),
    h("td.long", {}, entry.subject ?? "", entry.alert && h("small", {}, `${say("audit_alert")} ${entry.alert.slice(0, 8)}`)),
    h("td", {}, entry.why ? audited(`why.${entry.why}`) : ""),
    h("td.long", {}, entry.detail ?? ""),
    h("td.number", {}, entry.whence ?? ""));
}

async function nameKinds() {
  const { status, content } = await call("GET", "/api/audit/kinds");
  if (status === 200) $("what").append(...content.kinds.map((what) => h("option", { value: what }, audited(what))));
}

// Page by page, so that neither the browser nor the server is busy for long.
async function check() {
  $("check").disabled = true;
  for (let after = 0; ;) {
    const { status, content } = await call("POST", "/api/audit/check", { after });
    if (status !== 200) { tell("bad", say("audit_problem")); break; }
    if (content.broken !== null) { tell("bad", say("audit_broken", { n: content.broken })); break; }
    if (content.done) { tell("good", say("audit_whole", { n: content.until, hash: content.hash }), true); break; }
    after = content.until;
    tell("", say("audit_checking", { n: after }));
  }
  $("check").disabled = false;
}

function tell(kind, text, hint = false) {
  $("verdict").className = `verdict ${kind}`;
  $("verdict").hidden = false;
  $("verdict-text").textContent = text;
  $("verdict-hint").hidden = !hint;
}

async function save() {
  if (!(await saveFile("/api/audit/csv", asked()))) return toast(say("audit_problem"), "bad");
  toast(say("audit_saved"), "good");
  await load();
}

$("filter").addEventListener("submit", (event) => {
  event.preventDefault();
  load();
});
// The fields are empty only after the event.
$("filter").addEventListener("reset", () => setTimeout(load));
$("more").addEventListener("click", () => load(oldest));
$("check").addEventListener("click", check);
$("save").addEventListener("click", save);
onKey("/", () => $("who").focus());
nameKinds();
load();
