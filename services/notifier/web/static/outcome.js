// The outcome of a call: eight results by one key each, and a form for those that need more to be said.

import { instantOf, localOf, quickTimes } from "./moments.js";
import { dateTime, h, realNow, say, shell } from "./shell.js";

export const DISPOSITIONS = ["kept", "kept_modified", "paused", "cancelled", "callback", "no_answer", "wrong_number", "dnc"];
export const KEPT = ["kept", "kept_modified", "paused"];
const ENDS = ["cancelled", "dnc"];
const ANSWERS = ["accepted", "declined", "thinking"];
const OFFERED = [...KEPT, "cancelled", "callback"];
// Nobody was there to give a reason.
const UNSPOKEN = ["no_answer", "wrong_number"];
const NOTE = 2000;

const reasonOf = (code) => (shell.call_reasons ?? []).find((one) => one.code === code);
export const routeOf = (code) => reasonOf(code)?.route ?? "persuade";

// What still has to be said before this result can be recorded; nothing if one key is enough.
export function lacks(disposition, draft) {
  if (disposition === "callback") return "time";
  if (disposition === "dnc") return "sure";
  if (disposition === "cancelled") return draft.cancelled && draft.reason ? null : "cancel";
  if (OFFERED.includes(disposition) && draft.offer && !draft.answer) return "answer";
  if (disposition === "kept_modified" || disposition === "paused") return draft.answer === "accepted" ? null : "offer";
  return null;
}

export function bodyOf(disposition, draft) {
  const spoken = !UNSPOKEN.includes(disposition);
  const offered = OFFERED.includes(disposition) && draft.offer && draft.answer;
  return {
    disposition,
    note: draft.note.trim() || undefined,
    reason: (spoken && draft.reason) || undefined,
    reason_detail: (spoken && draft.detail) || undefined,
    offer: offered ? draft.offer : undefined,
    answer: offered ? draft.answer : undefined,
    callback_at: disposition === "callback" ? new Date(instantOf(draft.callback)).toISOString() : undefined,
  };
}

// What is wrong with it, or nothing; the rest is the server's to say.
export function wrongWith(disposition, draft) {
  if (OFFERED.includes(disposition) && draft.offer && !draft.answer) return "needs_answer";
  if (disposition !== "callback") return null;
  if (!draft.callback) return "needs_callback";
  return instantOf(draft.callback) > realNow() ? null : "callback_past";
}

export function said(draft, { changed }) {
  const first = select("reason", say("call_reason"), [["", say("call_reason_none")], ...(shell.call_reasons ?? []).map(({ code, label }) => [code, label])], draft.reason);
  const second = select("reason-detail", say("call_reason_detail"), details(draft.reason), draft.detail);
  second.disabled = second.options.length < 2;
  first.addEventListener("change", () => {
    Object.assign(draft, { reason: first.value, detail: "" });
    second.replaceChildren(...options(details(draft.reason), ""));
    second.disabled = second.options.length < 2;
    changed("reason");
  });
  second.addEventListener("change", () => {
    draft.detail = second.value;
    changed("detail");
  });
  const note = h("textarea", { id: "note", maxlength: NOTE, rows: 1, placeholder: say("note_hint"), "aria-label": say("note") });
  note.value = draft.note;
  note.addEventListener("input", () => {
    draft.note = note.value;
    changed("note");
  });
  return h("div.line.said", {}, hinted("r", first), second, hinted("m", note));
}

const hinted = (key, field) => h("span.hinted", {}, field, h("kbd", { "aria-hidden": "true" }, key));
const details = (code) => [["", say("call_detail_none")], ...(reasonOf(code)?.details ?? []).map((one) => [one.code, one.label])];

function select(id, label, choices, chosen) {
  const element = h("select", { id, "aria-label": label }, options(choices, chosen));
  return element;
}

const options = (choices, chosen) => choices.map(([value, label]) => h("option", { value, selected: value === (chosen ?? "") }, label));

export function results(draft, choose) {
  const likely = draft.answer === "accepted" ? (draft.offer === "pause" ? "paused" : "kept_modified") : null;
  return h("div.results", { role: "group", "aria-label": say("result") }, DISPOSITIONS.map((disposition, index) =>
    h(`button${KEPT.includes(disposition) ? ".good" : ENDS.includes(disposition) ? ".end" : ""}${likely === disposition ? ".likely" : ""}`,
      { type: "button", "data-disposition": disposition, disabled: true, onclick: () => choose(disposition) },
      h("kbd", {}, String(index + 1)), say(`disposition_${disposition}`))));
}

// `does` tells what to do: record, back, cancel.
export function form(draft, allowed, does) {
  const disposition = draft.open;
  const fields = { time: () => time(draft, does), sure: () => [h("p.hint", {}, say("dnc_sure"))], cancel: () => cancelling(draft, does) };
  const lacking = lacks(disposition, { ...draft, answer: null });
  const content = (fields[lacking] ?? (() => offering(draft, allowed, does)))();
  const element = h("form.outcome", { id: "outcome", novalidate: true, "aria-label": say(`disposition_${disposition}`), onsubmit: (event) => (event.preventDefault(), does.record()) },
    h(`b.chosen${KEPT.includes(disposition) ? ".good" : ENDS.includes(disposition) ? ".end" : ""}`, {}, say(`disposition_${disposition}`)),
    h("div.fields", {}, content),
    h("button.quiet", { type: "button", id: "outcome-back", "aria-label": say("back"), onclick: does.back }, h("kbd", {}, "Esc")),
    h("button.primary", { id: "record", disabled: true }, say("record"), h("kbd", {}, "Enter")));
  return element;
}

function time(draft, does) {
  const field = h("input", { id: "callback-at", type: "datetime-local", "aria-label": say("callback_at"), min: localOf(realNow()), step: 300 });
  field.value = draft.callback;
  field.addEventListener("input", () => {
    draft.callback = field.value;
    does.changed("callback");
  });
  const quick = quickTimes().map(([key, instant], index) =>
    h("button", { type: "button", id: `quick-${key}`, title: dateTime(instant), onclick: (event) => does.pick(instant, event.detail > 0) }, h("kbd", {}, String(index + 1)), say(key)));
  return [h("span.quick", { role: "group", "aria-label": say("callback_quick") }, quick), field];
}

function offering(draft, allowed, does) {
  const offers = select("offer", say("offer"), [["", say("offer_none")], ...allowed.map((one) => [one.offer, one.title])], draft.offer);
  const answer = select("answer", say("answer"), [["", say("answer_none")], ...ANSWERS.map((one) => [one, say(`answer_${one}`)])], draft.answer);
  for (const element of [offers, answer]) element.addEventListener("change", () => does.offer(offers.value || null, answer.value || null));
  return [offers, answer];
}

// Whoever says that somebody wants to leave, takes the request first: it is the proof.
function cancelling(draft, does) {
  if (draft.cancelled) return [h("p.hint", {}, say("cancel_taken"))];
  return [h("p.hint", {}, say("cancel_first")), h("button.cancel", { type: "button", id: "outcome-cancel", onclick: does.cancel }, say("cancel_take"), h("kbd", {}, "x"))];
}

export const firstField = (lacking) => ({ time: "quick-in_an_hour", answer: "answer", offer: "offer", cancel: "reason" })[lacking] ?? "record";
