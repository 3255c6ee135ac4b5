// Message: one of them opened: all it came through, why this customer, and the word of a person on an unknown one.

import { because, outcomePill } from "./because.js";
import { $, moment, toast } from "./office.js";
import { nameOf } from "./people.js";
import { call } from "./server.js";
import { dateTime, h, say, shell } from "./shell.js";

const FOUNDS = ["provider_log", "customer", "judged"];

// `changed()` is called when a person has said what became of it.
export async function detail(action, changed) {
  const { status, content } = await call("GET", `/api/messages/${action}`);
  if (status !== 200) return toast(say("ledger_problem"), "bad");
  const { message, enrolment } = content;
  $("detail-title").textContent = `${nameOf(message)} ${message.title ?? message.scenario}`;
  $("detail-body").replaceChildren(
    h("p", {}, outcomePill(message.outcome), ` ${message.reason ? because(message.reason) : ""}`),
    facts(message),
    message.outcome === "unknown" ? settling(action, changed) : "",
    h("h3", {}, say("ledger_history")),
    h("ol.steps", {}, message.history.map(became)),
    h("h3", {}, say("ledger_enrolment")),
    why(enrolment));
  $("detail").showModal();
}

const became = (one) => h("li", {}, h("time", {}, moment(one.at)), h("b", {}, say(`became_${one.state}`)), one.reason ? h("span", {}, because(one.reason)) : null);

const pairs = (list) => h("dl.facts", {}, list.filter(([, value]) => value !== null && value !== undefined && value !== "").map(([key, value]) => h("div", {}, h("dt", {}, say(key)), h("dd", {}, String(value)))));

const facts = (one) => pairs([
  ["ledger_step", one.step],
  ["ledger_channel", say(`channel_${one.channel}`)],
  ["ledger_creative", one.creative],
  ["ledger_when", dateTime(one.began_at ?? one.due_at)],
  ["ledger_provider", one.provider_id],
  ["ledger_batch", one.batch_state && say(`batch_state_${one.batch_state}`)],
]);

const known = (key) => (key in shell.words ? say(key) : null);

const why = (one) => pairs([
  ["ledger_enrolled", dateTime(one.enrolled_at)],
  ["ledger_ended", one.ended_at && `${dateTime(one.ended_at)} (${because(one.ended)})`],
  ["ledger_version", one.version],
  ["ledger_arm", say(one.held ? "ledger_arm_held" : "ledger_arm_treated")],
  ["ledger_kind", known(`kind_${one.kind}`) ?? one.kind],
  ["ledger_cause", shell.reason_names[one.reason] ?? one.reason],
  ["ledger_subscription", one.subscription],
  ["ledger_delivery", one.delivery_number],
  ["ledger_next", one.due && dateTime(one.due)],
  ["ledger_cutoff", one.cutoff && dateTime(one.cutoff)],
  ["ledger_priority", one.priority],
  ["ledger_episode", one.episode],
]);

function settling(action, changed) {
  const note = h("select", { id: "settle-note" }, FOUNDS.map((one) => h("option", { value: one }, say(`settle_note_${one}`))));
  const words = h("div.words", { role: "status" });
  const settle = async (as) => {
    const { status } = await call("POST", `/api/messages/${action}/settle`, { as, note: note.value });
    if (status !== 200 && status !== 409) return toast(say("ledger_problem"), "bad");
    $("detail").close();
    toast(say(status === 200 ? "settle_done" : "settle_gone"), status === 200 ? "good" : "");
    changed();
  };
  const button = (as) => h("button.quiet", { type: "button", id: `settle-${as}`, onclick: () => settle(as) }, say(`settle_${as}`));
  return h("section.settle", { "aria-labelledby": "settle-title" },
    h("h3", { id: "settle-title" }, say("settle_title")),
    h("p.muted", {}, say("settle_lead")),
    h("p.buttons.left", {}, h("button.small", { type: "button", id: "settle-words", title: say("settle_words_lead"), onclick: () => read(action, words) }, say("settle_words"))),
    words,
    h("p.filter", {}, h("label", {}, say("settle_note"), note), ["sent", "not_sent", "again"].map(button)));
}

async function read(action, place) {
  const { status, content } = await call("POST", `/api/messages/${action}/words`);
  if (status !== 200 || !content.words) return place.replaceChildren(h("p.muted", {}, say("settle_words_gone")));
  const { address, subject, body } = content.words;
  place.replaceChildren(h("p", {}, `${say("settle_address")}: ${address}`), h("p", {}, h("b", {}, subject)), h("p.body", {}, body));
}
