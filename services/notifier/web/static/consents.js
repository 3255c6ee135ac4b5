// Consents: what was said, by whom and when, and the proof of it; and how many can be reached.

import { standingChips } from "./because.js";
import { countLists, listsOf } from "./leaving-alone.js";
import { $, moment, onKey, saveFile, toast } from "./office.js";
import { finding, nameOf } from "./people.js";
import { call } from "./server.js";
import { accountOf, h, say, shell } from "./shell.js";

const CHANNELS = ["mail", "line", "postal_dm", "phone"];
const TABS = ["words", "never", "sleep"];
let person = null;
let next = null;
let asking = 0;

function asked() {
  const wanted = { channel: $("channel").value, since: $("since").value, until: $("until").value, customer_ref: person?.customer_ref };
  const given = Object.fromEntries(Object.entries(wanted).filter(([, value]) => value));
  return $("granted").value ? { ...given, granted: $("granted").value === "yes" } : given;
}

async function load(before = null) {
  const turn = ++asking;
  const { status, content } = await call("POST", "/api/consents", before ? { ...asked(), before } : asked());
  if (turn !== asking) return;
  if (status !== 200) return toast(say("ledger_problem"), "bad");
  if (!before) $("entries").replaceChildren();
  $("entries").append(...content.words.map(row));
  next = content.more;
  $("more").hidden = !next;
  $("none").hidden = $("entries").childElementCount > 0;
}

const saidPill = (granted) => h(`span.pill${granted ? ".open" : ".shut"}`, {}, say(granted ? "said_yes" : "said_no"));
const days = new Intl.DateTimeFormat(shell.language === "ja" ? "ja-JP" : "en-GB", { year: "numeric", month: "2-digit", day: "2-digit", timeZone: shell.zone });
const dayOf = (at) => days.format(new Date(at));

function sourceOf(source) {
  const [path, how] = source.split("#");
  return [path.replace("/shops/", ""), how === "unsubscribe" && h("small", {}, say("consent_by_link"))];
}

const wordingOf = (one) => one.wording ?? (one.granted ? say("consent_no_wording") : "");

const row = (one) => h("tr", {},
  h("td.number", {}, moment(one.at)),
  h("th", { scope: "row" }, nameOf(one), h("small", {}, accountOf(one.customer_ref))),
  h("td", {}, say(`channel_${one.channel}`)),
  h("td", {}, saidPill(one.granted)),
  h("td.long", {}, wordingOf(one)),
  h("td.long", {}, ...sourceOf(one.source)),
  h("td", {}, saidPill(one.holds)),
  h("td.number", {}, dayOf(one.keep_until)));

async function figures() {
  const { status, content } = await call("GET", "/api/consents/figures");
  if (status !== 200) return toast(say("ledger_problem"), "bad");
  $("figures").replaceChildren(...content.valid.map(figure));
  const byMonth = Map.groupBy ? Map.groupBy(content.months, (one) => one.month) : grouped(content.months);
  $("months").replaceChildren(...[...byMonth].reverse().map(([month, counts]) => h("tr", {}, h("th", { scope: "row" }, month), ...CHANNELS.map((channel) => h("td.number", {}, String(counts.find((one) => one.channel === channel)?.agreed ?? 0))))));
  countLists(content);
}

function grouped(months) {
  const byMonth = new Map();
  for (const one of months) byMonth.set(one.month, [...(byMonth.get(one.month) ?? []), one]);
  return byMonth;
}

const figure = (one) => h("div.figure", { id: `valid-${one.channel}` },
  h("p", {}, say(`channel_${one.channel}`)),
  h("p", {}, h("b", {}, say("consent_people", { n: one.valid.toLocaleString() }))),
  h("ul", {}, [["agreed", one.agreed], ["no_address", one.no_address], ["unreachable", one.unreachable], ["banned", one.never]].map(([key, n]) => h("li", {}, say(`consent_${key}`, { n })))));

async function choose(found) {
  person = found;
  $("about").hidden = !found;
  open("words");
  await load();
  if (!found) return;
  $("about-title").textContent = say("consent_of", { name: nameOf(found) });
  $("about-title").focus();
  await stand();
}

async function stand() {
  const asked = person;
  const { status, content } = await call("POST", "/api/consents/customer", { customer_ref: asked.customer_ref });
  if (status !== 200 || person !== asked) return;
  const { standing } = content;
  $("about-accounts").textContent = standing.accounts.length > 1 ? say("ledger_about_accounts", { n: standing.accounts.length }) : accountOf(asked.customer_ref);
  $("about-standing").replaceChildren(standingChips(standing));
}

function open(name) {
  for (const one of TABS) {
    $(`tab-${one}`).setAttribute("aria-selected", String(one === name));
    $(`panel-${one}`).hidden = one !== name;
  }
}

async function save() {
  const saved = await saveFile("/api/consents/proof/csv", asked());
  toast(say(saved ? "consent_saved" : "ledger_problem"), saved ? "good" : "bad");
}

// What is printed is drawn at that moment, whole, and stays in the page only until it is left.
async function print() {
  const { status, content } = await call("POST", "/api/consents/proof", asked());
  if (status !== 200) return toast(say("ledger_problem"), "bad");
  const columns = ["at", "customer", "ref", "channel", "word", "wording", "source", "event", "recorded", "until"];
  $("proof").replaceChildren(
    h("h2", {}, say("proof_title")),
    h("p", {}, say("proof_made", { shop: content.shop, at: moment(content.made_at), n: content.words.length })),
    h("table", {}, h("thead", {}, h("tr", {}, columns.map((one) => h("th", { scope: "col" }, say(`proof_${one}`))))), h("tbody", {}, content.words.map(proved))));
  window.print();
}

const proved = (one) => h("tr", {}, [moment(one.at), nameOf(one), one.customer_ref, say(`channel_${one.channel}`), say(one.granted ? "said_yes" : "said_no"), wordingOf(one), one.source, one.event_id, moment(one.recorded_at), dayOf(one.keep_until)].map((text) => h("td", {}, text)));

listsOf({ person: () => person, changed: figures, again: stand });
finding($("ask-form"), choose);
for (const name of ["channel", "granted", "since", "until"]) $(name).addEventListener("change", () => load());
// The fields are empty only after the event.
$("filter").addEventListener("reset", () => setTimeout(load));
for (const name of TABS) $(`tab-${name}`).addEventListener("click", () => open(name));
$("about-end").addEventListener("click", () => choose(null));
$("more").addEventListener("click", () => load(next));
$("save").addEventListener("click", save);
$("print").addEventListener("click", print);
onKey("/", () => $("ask").focus());
figures();
load();
