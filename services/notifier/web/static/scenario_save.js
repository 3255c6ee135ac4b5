// Saving: a new version with a note, after one has seen what it changes; and what to do if somebody else saved first.

import { toast } from "./office.js";
import { differenceList, merged } from "./scenario_history.js";
import { askIn, wrongAnswer } from "./scenario_parts.js";
import { call } from "./server.js";
import { h, say } from "./shell.js";

const path = (draft) => `/api/scenarios/${draft.key}`;

// Gives the problems if there are any; `done` is told of a new version.
export async function save(draft, done) {
  const note = h("input", { type: "text", id: "note", maxlength: 200, placeholder: say("sc_note_example") });
  const answer = await askIn(say("sc_save_title", draft.scenario),
    h("div", {}, h("div.differences", {}, differenceList(draft.before, draft.scenario)), h("div.field", {}, h("label", { for: "note" }, say("sc_note")), note)),
    [{ value: "", word: say("sc_cancel") }, { value: "yes", word: say("sc_save_yes"), primary: true, id: "sc-yes" }], "wide");
  return answer === "yes" ? put(draft, note.value.trim() || null, done) : null;
}

async function put(draft, note, done) {
  const answer = await call("PUT", path(draft), { scenario: draft.scenario, base_version: draft.base, note });
  switch (answer.status) {
    case 200:
      draft.rebase({ ...draft.told, scenario: draft.scenario, version: answer.content.version });
      toast(say("sc_said_saved", { n: answer.content.version }), "good");
      await done();
      return null;
    case 422:
      return answer.content.problems ?? [{ path: "", code: "unfit" }];
    case 409:
      await both(draft, note, done);
      return null;
    default:
      toast(wrongAnswer(answer), "bad");
      return null;
  }
}

// Both changes side by side: theirs since the version this draft began with, and one's own.
async function both(draft, note, done) {
  const { status, content: theirs } = await call("GET", path(draft));
  if (status !== 200) return toast(say("problem_network"), "bad");
  const newest = theirs.versions[0];
  const shown = h("div.both", {},
    h("section", {}, h("h3", {}, say("sc_theirs", { who: newest.saved_by ?? say("sc_shipped"), n: newest.version })), differenceList(draft.before, theirs.scenario)),
    h("section", {}, h("h3", {}, say("sc_mine")), differenceList(draft.before, draft.scenario)));
  const answer = await askIn(say("sc_conflict"), h("div", {}, h("p.lead", {}, say("sc_conflict_lead")), shown), [
    { value: "", word: say("sc_conflict_later"), id: "sc-later" },
    { value: "theirs", word: say("sc_conflict_theirs"), id: "sc-theirs" },
    { value: "mine", word: say("sc_conflict_mine"), primary: true, id: "sc-mine" },
  ], "wide");
  if (answer === "theirs") {
    draft.rebase(theirs);
    await done();
  } else if (answer === "mine") {
    draft.rebase(theirs, merged(draft.before, draft.scenario, theirs.scenario));
    await put(draft, note, done);
  }
}
