// The words of a step: for each way one text or several of which a share gets each (A/B), with placeholders to put in.

import { change } from "./scenario_draft.js";
import { areaField, choiceField, idOf, numberField, textField } from "./scenario_fields.js";
import { way, wayName } from "./scenario_parts.js";
import { h, say, shell } from "./shell.js";

const MOST_REPLIES = 13;

export function creatives(draft, step, seen, redraw, look) {
  const path = `steps.${step}.creatives`;
  const all = draft.at(path);
  const shown = Math.min(seen.step === step ? seen.creative : 0, all.length - 1);
  const tab = (creative, at) => h("button", { type: "button", id: `words-${step}-${at}`, "aria-pressed": String(at === shown), onclick: () => { look(step, at); document.getElementById(`words-${step}-${at}`)?.focus(); } }, way(creative.way), variant(all, creative));
  return h("fieldset.part.words", {}, h("legend", {}, say("sc_words")),
    h("div.field", { "data-path": path }, h("div.variants", { role: "group", "aria-label": say("sc_words") }, all.map(tab)), h("p.wrong", { hidden: true })),
    all.map((creative, at) => h("div.creative", { hidden: at !== shown, id: `creative-${step}-${at}` }, one(draft, step, at, redraw))));
}

// Of several for one way: which, and for how many.
function variant(all, creative) {
  const same = all.filter((other) => other.way === creative.way);
  if (same.length < 2) return null;
  const total = same.reduce((sum, other) => sum + (other.share || 0), 0);
  return h("b.share", {}, `${creative.key} ${total ? Math.round((100 * creative.share) / total) : 0}%`);
}

function one(draft, step, at, redraw) {
  const path = `steps.${step}.creatives.${at}`;
  const creative = draft.at(path);
  const all = draft.at(`steps.${step}.creatives`);
  const copy = () => {
    const free = (n) => (all.some((other) => other.key === `${creative.key}_${n}`) ? free(n + 1) : `${creative.key}_${n}`);
    all.splice(at + 1, 0, { ...structuredClone(creative), key: free(2) });
    change(draft, redraw, `words-${step}-${at + 1}`, step);
  };
  const drop = () => {
    all.splice(at, 1);
    change(draft, redraw, `words-${step}-0`, step);
  };
  return [
    ...fieldsOf(creative, draft, path, redraw),
    h("div.row.top-row", {},
      textField(draft, `${path}.key`, say("sc_creative_key"), { hint: say("sc_creative_key_hint"), most: 60 }),
      numberField(draft, `${path}.share`, say("sc_share"), { least: 1, most: 100, hint: say("sc_share_hint") }),
      h("div.buttons", {},
        h("button.small", { type: "button", id: `ab-${step}-${at}`, onclick: copy }, say("sc_add_variant", { way: wayName(creative.way) })),
        h("button.small", { type: "button", id: `drop-words-${step}-${at}`, disabled: all.length === 1, onclick: drop }, say("sc_drop_variant")))),
  ];
}

function fieldsOf(creative, draft, path, redraw) {
  const subject = (word) => textField(draft, `${path}.subject`, word);
  const body = (word, rows) => [areaField(draft, `${path}.body`, word, { rows, hint: say("sc_body_hint") }), palette(path)];
  switch (creative.way) {
    case "mail":
      return [subject(say("sc_subject")), ...body(say("sc_body"), 11), asking(draft, path, redraw)];
    case "line":
      return [...body(say("sc_line_body"), 7), asking(draft, path, redraw)];
    case "postal_dm":
      return [choiceField(draft, `${path}.form`, say("sc_form"), [["postcard", say("sc_form_postcard")], ["letter", say("sc_form_letter")]]), subject(say("sc_heading")), ...body(say("sc_body"), 9), asking(draft, path, redraw)];
    case "insert":
      return [textField(draft, `${path}.item`, say("sc_item"), { hint: say("sc_item_hint"), empty: null, most: 80 }), ...body(say("sc_insert_body"), 4)];
    case "webhook":
      return [textField(draft, `${path}.endpoint`, say("sc_endpoint"), { hint: say("sc_endpoint_hint"), empty: null, most: 80 }), ...body(say("sc_webhook_body"), 4)];
    default:
      return body(say("sc_phone_body"), 5);
  }
}

// A survey and what may be answered; folded away where nothing is asked.
function asking(draft, path, redraw) {
  const asks = draft.at(`${path}.survey`) !== null || draft.at(`${path}.replies`).length > 0;
  return h("details.asking", { open: asks }, h("summary", {}, say("sc_asking")),
    textField(draft, `${path}.survey`, say("sc_survey"), { hint: say("sc_survey_hint"), empty: null, most: 40 }),
    replies(draft, path, redraw));
}

function replies(draft, path, redraw) {
  const all = draft.at(`${path}.replies`);
  const id = path.replaceAll(".", "-");
  const add = () => {
    all.push({ label: "", answer: "" });
    change(draft, redraw, idOf(`${path}.replies.${all.length - 1}.label`));
  };
  const drop = (at) => {
    all.splice(at, 1);
    change(draft, redraw, `add-reply-${id}`);
  };
  return h("div.field", { "data-path": `${path}.replies`, role: "group", "aria-label": say("sc_replies") }, h("span.label", {}, say("sc_replies")),
    h("ul.replies", {}, all.map((_, at) => h("li", {},
      textField(draft, `${path}.replies.${at}.label`, say("sc_reply_label"), { most: 20 }),
      textField(draft, `${path}.replies.${at}.answer`, say("sc_reply_answer"), { most: 60 }),
      h("button.small", { type: "button", id: `drop-reply-${id}-${at}`, "aria-label": say("sc_drop_reply"), onclick: () => drop(at) }, "×")))),
    h("button.small", { type: "button", id: `add-reply-${id}`, disabled: all.length >= MOST_REPLIES, onclick: add }, say("sc_add_reply")),
    h("p.wrong", { hidden: true }));
}

// Put in where the cursor was last, in this text's subject or body.
function palette(path) {
  const fields = () => ["subject", "body"].map((name) => document.getElementById(idOf(`${path}.${name}`))).filter(Boolean);
  const insert = (name) => {
    const [subject, body] = [fields()[0], fields().at(-1)];
    const into = last === subject ? subject : body;
    into.setRangeText(`{{ ${name} }}`, into.selectionStart, into.selectionEnd, "end");
    into.dispatchEvent(new Event("input", { bubbles: true }));
    into.focus();
  };
  return h("details.palette", { open: true }, h("summary", {}, say("sc_palette")),
    h("div", {}, shell.placeholders.map((name) => h("button.chip", { type: "button", title: `{{ ${name} }}`, onclick: () => insert(name) }, say(`scenario_placeholder_${name}`)))));
}

// The text field that had the focus last.
let last = null;
document.addEventListener("focusin", (event) => { if (event.target.matches("input[type=text], textarea")) last = event.target; });
