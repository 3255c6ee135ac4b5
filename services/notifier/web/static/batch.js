// A batch: its files, what can be done with it, and its pieces.

import { dateTime, h, nameOf, say, shell } from "./shell.js";

const HERE = ["open", "closed"];

export function show({ batch, files, pieces }, ask) {
  return [head(batch, files, ask), pieces.length ? table(batch, pieces, ask) : h("p.none", {}, say("batch_no_pieces"))];
}

function head(batch, files, ask) {
  return h("div.batch-head", {},
    h("h3", {}, say("batch_title", { form: say(`batch_form_${batch.form}`), at: dateTime(batch.cut_off) })),
    h("p.state", {}, [say(`batch_state_${batch.state}`), say("batch_count", { n: batch.pieces }), outcome(batch)].filter(Boolean).join(" · ")),
    batch.state === "unknown" && h("p.must", {}, say("batch_unknown_hint")),
    acts(batch, ask),
    files.length > 0 && h("p.files", {}, h("b", {}, say("batch_files")), files.map((name) => link(batch, name))),
    batch.sha256 && h("p.hash", {}, say("batch_hash", { hash: batch.sha256 })));
}

function outcome(batch) {
  if (batch.settled_by) return say("batch_settled_by", { name: batch.settled_by });
  if (!batch.receipt) return "";
  const { accepted, rejected } = JSON.parse(batch.receipt);
  return say("batch_receipt", { accepted, rejected: rejected.length });
}

const link = (batch, name) => h("a", { href: `/batches/${batch.id}/files/${name}`, target: "_blank", rel: "noreferrer" }, say(`batch_file_${name.split(".").at(-1)}`));

function acts(batch, ask) {
  const n = batch.pieces;
  const button = (kind, text, asked) => h(`button.${kind}`, { type: "button", onclick: () => ask(asked) }, text);
  if (batch.state === "unknown") {
    return h("p.buttons", {}, ["accepted", "not_printed", "again"].map((as) => button("quiet", say(`batch_settle_${as}`), {
      path: "settle", body: { as }, question: say(`batch_sure_${as}`), said: "batch_said_settle",
    })));
  }
  if (!HERE.includes(batch.state)) return null;
  return h("p.buttons", {},
    button("primary", say("batch_hand_over"), { path: "hand-over", question: say("batch_sure_hand_over", { n }), said: "batch_said_hand_over" }),
    button("quiet", say("batch_recall"), { path: "recall", question: say("batch_sure_recall", { n }), said: "batch_said_recall" }));
}

function table(batch, pieces, ask) {
  return h("table", {},
    h("caption.unseen", {}, say("batch_pieces")),
    h("thead", {}, h("tr", {}, ["number", "who", "scenario", "piece_state", "acts"].map((one) => h("th", { scope: "col" }, say(`batch_${one}`))))),
    h("tbody", {}, pieces.map((piece) => row(batch, piece, ask))));
}

function row(batch, piece, ask) {
  const { number } = piece;
  const here = piece.state === "batched" && HERE.includes(batch.state);
  return h("tr", {},
    h("td.number", {}, number),
    h("th", { scope: "row" }, nameOf(piece)),
    h("td", {}, piece.title, h("small", {}, piece.step)),
    h("td", {}, say(`piece_state_${piece.state}`), piece.reason && h("small", {}, because(piece.reason))),
    h("td.acts", {},
      here && batch.form !== "insert" && h("a.small", { href: `/batches/${batch.id}/pieces/${piece.action}.pdf`, target: "_blank", rel: "noreferrer", "aria-label": say("batch_look_of", { number }) }, say("batch_look")),
      here && h("button.small", { type: "button", "aria-label": say("batch_take_out_of", { number }), onclick: () => ask({
        path: `pieces/${piece.action}/recall`, question: say("batch_sure_take_out", { number }), said: "batch_said_recall",
      }) }, say("batch_take_out"))));
}

// What is new keeps its own name.
const because = (reason) => (`because_${reason}` in shell.words ? say(`because_${reason}`) : reason);
