// Files and copies: scenarios as TOML, in and out, and a new one made from another.

import { toast } from "./office.js";
import { askIn, problemText, wrongAnswer } from "./scenario_parts.js";
import { call } from "./server.js";
import { h, say } from "./shell.js";

const buttons = (yes) => [{ value: "", word: say("sc_cancel") }, { value: "yes", word: yes, primary: true, id: "sc-yes" }];
const input = (id, word, value, hint) => h("div.field", {}, h("label", { for: id }, say(word)), h("input", { id, type: "text", value, maxlength: 80, "aria-describedby": hint ? `${id}-hint` : undefined }), hint ? h("small.hint", { id: `${id}-hint` }, say(hint)) : null);

// The same draws would be held out of both without a salt of its own.
export async function copyOf(scenario) {
  const form = h("div.fields", {}, input("new-title", "sc_title", say("sc_copy_of", scenario)), input("new-key", "sc_scenario_key", `${scenario.key}_2`, "sc_key_hint"));
  if ((await askIn(say("sc_copy_title", scenario), form, buttons(say("sc_copy_yes")))) !== "yes") return;
  const [title, key] = ["new-title", "new-key"].map((id) => form.querySelector(`#${id}`).value.trim());
  const answer = await call("PUT", `/api/scenarios/${encodeURIComponent(key)}`, { scenario: { ...scenario, key, title, salt: `${key}/1` }, base_version: 0, note: say("sc_copy_note", scenario) });
  if (answer.status === 200) {
    toast(say("sc_said_copied", { title }), "good");
    location.hash = `#/${key}`;
  } else if (answer.status === 422) toast(answer.content.problems?.map(problemText).join(" ") ?? say("sc_refused"), "bad");
  else toast(say(answer.status === 409 ? "sc_key_taken" : "sc_refused"), "bad");
}

// First what the file would change, then the change.
export async function importFile(done) {
  const area = h("textarea", { id: "toml", rows: 12, spellcheck: "false", placeholder: "[[scenario]]\nkey = \"…\"" });
  const read = async (event) => { area.value = (await event.target.files[0]?.text()) ?? ""; };
  const form = h("div.fields", {},
    h("div.field", {}, h("label", { for: "toml-file" }, say("sc_import_file")), h("input", { id: "toml-file", type: "file", accept: ".toml,text/plain", onchange: read })),
    h("div.field", {}, h("label", { for: "toml" }, say("sc_import_text")), area));
  if ((await askIn(say("sc_import"), form, buttons(say("sc_import_look")), "wide")) !== "yes") return;
  const toml = area.value;
  const looked = await call("POST", "/api/scenarios/import", { toml, dry: true });
  if (looked.status !== 200) return refused(looked);
  if ((await askIn(say("sc_import_title"), found(looked.content.scenarios), looked.content.scenarios.some((one) => one.change !== "same") ? buttons(say("sc_import_yes")) : [{ value: "", word: say("sc_close"), primary: true }], "wide")) !== "yes") return;
  const answer = await call("POST", "/api/scenarios/import", { toml, dry: false });
  if (answer.status !== 200) return refused(answer);
  toast(say("sc_said_imported", { n: answer.content.scenarios.filter((one) => one.change !== "same").length }), "good");
  done();
}

const found = (all) => h("ul.import", {}, all.map((one) => h("li", {}, h("b", {}, one.title), h("code", {}, one.key), h("span.pill", {}, say(`sc_import_${one.change}`)))));

async function refused(answer) {
  if (!answer.content.problems) return toast(wrongAnswer(answer), "bad");
  const list = h("ul.import", {}, answer.content.problems.map((one) => h("li", {}, h("code", {}, one.path), problemText(one))));
  await askIn(say("sc_import_refused"), list, [{ value: "", word: say("sc_close"), primary: true }], "wide");
}
