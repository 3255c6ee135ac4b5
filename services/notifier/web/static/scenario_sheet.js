// One scenario: its steps and rules being edited beside a preview, who is in it, and its versions.

import { toast } from "./office.js";
import { Draft } from "./scenario_draft.js";
import { showProblems } from "./scenario_fields.js";
import { copyOf } from "./scenario_files.js";
import { history } from "./scenario_history.js";
import { acts } from "./scenario_list.js";
import { Look } from "./scenario_look.js";
import { haltedText, problemText, statePill } from "./scenario_parts.js";
import { people } from "./scenario_people.js";
import { rules } from "./scenario_rules.js";
import { save } from "./scenario_save.js";
import { refreshHeads, steps } from "./scenario_steps.js";
import { rehearse } from "./scenario_switch.js";
import { call } from "./server.js";
import { h, say } from "./shell.js";

export const TABS = ["steps", "rules", "people", "history"];

export class Sheet {
  // `again` loads the list and this sheet anew; `listed` is the scenario as it stands in the list.
  constructor(told, listed, again) {
    Object.assign(this, { listed, again, tab: "steps", step: null, seen: { step: 0, creative: 0 } });
    this.draft = new Draft(told, () => this.changed());
    this.look = new Look((answer) => this.judged(answer));
    this.panels = Object.fromEntries(TABS.map((tab) => [tab, h("section", { id: `panel-${tab}`, role: "tabpanel", "aria-labelledby": `tab-${tab}`, hidden: tab !== "steps", tabindex: "-1" })]));
    this.head = h("header.sheet-head", {});
    this.bar = h("div.save-bar", { role: "region", "aria-label": say("sc_save") });
    this.problems = h("div.homeless", { role: "alert" });
    this.element = h("div.sheet-page", {}, this.head,
      h("div.tabs", { role: "tablist", "aria-label": say("sc_views") }, TABS.map((tab) => h("button", { type: "button", role: "tab", id: `tab-${tab}`, "aria-controls": `panel-${tab}`, "aria-selected": String(tab === "steps"), onclick: () => this.open(tab) }, say(`sc_tab_${tab}`)))),
      this.problems,
      h("div.two", {}, h("div.panels", {}, Object.values(this.panels)), this.look.element),
      this.bar);
    this.draw();
  }

  draw() {
    this.drawHead();
    this.drawSteps();
    this.drawRules();
    this.panels.history.replaceChildren(history(this.draft.told, (scenario, n) => this.take(scenario, n)));
    this.changed();
  }

  drawHead() {
    const one = this.listed;
    this.head.replaceChildren(
      h("a.back", { href: "#/", id: "back" }, `← ${say("sc_all")}`),
      h("div.title", {}, h("h2", {}, this.draft.scenario.title || one.key), statePill(one), h("span.muted", {}, say("sc_version", { n: this.draft.told.version })), h("code", {}, one.key)),
      h("div.acts", {}, acts(one, this.again),
        h("button.small", { type: "button", id: "rehearse", onclick: () => rehearse(one) }, say("sc_dry")),
        h("button.small", { type: "button", id: "copy", onclick: () => copyOf(this.draft.scenario) }, say("sc_copy")),
        h("a.small", { href: `/api/scenarios/${one.key}/export`, download: `${one.key}.toml` }, say("sc_export"))),
      h("p.sentence", { id: "sentence" }, one.sentence));
    if (one.halted_because) this.head.append(h("p.halted", {}, say("sc_halted", { why: haltedText(one.halted_because) })));
  }

  drawSteps(step) {
    if (step !== undefined) this.seen = { step, creative: 0 };
    const look = (at, creative) => {
      this.seen = { step: at, creative };
      this.drawSteps();
      this.ask();
      document.getElementById(`step-${at}`)?.focus();
    };
    this.panels.steps.replaceChildren(...steps(this.draft, this.seen, (to) => this.drawSteps(to), look));
    this.show();
  }

  drawRules() {
    this.panels.rules.replaceChildren(...rules(this.draft, () => this.drawRules()));
    this.show();
  }

  async open(tab) {
    this.tab = tab;
    for (const one of TABS) {
      document.getElementById(`tab-${one}`).setAttribute("aria-selected", String(one === tab));
      this.panels[one].hidden = one !== tab;
    }
    this.look.element.hidden = tab !== "steps";
    this.bar.hidden = tab === "people";
    if (tab === "people") this.panels.people.replaceChildren(...(await people(this.draft.told, this.step, (step) => { this.step = step; this.open("people"); })));
  }

  // After every change: what is unsaved is said, the preview and the check follow.
  changed() {
    const { dirty } = this.draft;
    this.bar.classList.toggle("dirty", dirty);
    this.bar.replaceChildren(
      h("p", {}, dirty ? say(this.draft.restored ? "sc_restored" : "sc_dirty") : say("sc_clean")),
      h("div.buttons", {},
        h("button.quiet", { type: "button", id: "drop-draft", disabled: !dirty, onclick: () => this.drop() }, say("sc_drop_draft")),
        h("button.primary", { type: "button", id: "save", disabled: !dirty, onclick: () => this.save() }, say("sc_save"), h("kbd", { "aria-hidden": "true" }, "s"))));
    this.ask();
  }

  ask() {
    this.look.ask(this.draft.scenario, this.seen);
  }

  // What the server thinks of the draft.
  judged({ problems, sentence }) {
    this.found = problems;
    if (sentence) this.head.querySelector("#sentence").textContent = sentence;
    this.show();
  }

  show() {
    const homeless = showProblems(this.element, this.found ?? [], this.draft.scenario);
    this.problems.replaceChildren(...homeless.map((one) => h("p.problem", {}, problemText(one))));
    if (this.panels.steps.childElementCount) refreshHeads(this.panels.steps, this.draft);
  }

  async save() {
    if (!this.draft.dirty || document.querySelector("dialog[open]")) return;
    const problems = await save(this.draft, () => this.again());
    if (!problems) return;
    this.found = problems;
    this.show();
    this.lead();
    toast(say("sc_refused_n", { n: problems.length }), "bad");
  }

  // To the first field that is wrong, wherever it is.
  lead() {
    const first = this.element.querySelector(".field > .wrong:not([hidden])");
    if (!first) return;
    const panel = TABS.find((tab) => this.panels[tab].contains(first));
    this.open(panel);
    const body = first.closest(".step-body");
    if (body) {
      const path = first.parentElement.dataset.path.split(".");
      this.drawSteps(Number(path[1]));
      if (path[2] === "creatives" && path[3]) this.seen.creative = Number(path[3]);
      this.drawSteps();
    }
    const place = [...this.element.querySelectorAll(".field > .wrong:not([hidden])")].find((one) => one.offsetParent);
    const control = place?.parentElement.querySelector("input, textarea, select, button");
    control?.focus();
    control?.scrollIntoView({ block: "center" });
  }

  drop() {
    this.draft.rebase(this.draft.told);
    this.draw();
  }

  take(scenario, n) {
    this.draft.scenario = structuredClone(scenario);
    this.draft.changed();
    this.draw();
    this.open("steps");
    toast(say("sc_taken", { n }), "good");
  }
}

export async function find(key) {
  const { status, content } = await call("GET", `/api/scenarios/${key}`);
  return status === 200 ? content : null;
}
