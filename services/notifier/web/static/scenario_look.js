// The look beside the form: what the open step's words become, asked of the server a moment after the last change.

import { preview } from "./scenario_preview.js";
import { askIn, problemText, wayName } from "./scenario_parts.js";
import { call } from "./server.js";
import { h, say, shell } from "./shell.js";

const PAUSE = 250;

export class Look {
  #as = "html";
  #timer = null;
  #turn = 0;
  #sample = null;
  #asked = null;
  #told = null;

  constructor(onJudged) {
    this.onJudged = onJudged;
    this.state = h("p.muted", { role: "status" });
    this.place = h("div.previewed", {});
    const choose = (event) => {
      this.#sample = event.target.value || null;
      this.#look(...this.#asked);
    };
    const samples = h("select", { id: "sample", onchange: choose }, h("option", { value: "" }, say("sc_sample_fitting")), shell.samples.map((one) => h("option", { value: one }, say(`sc_sample_${one}`))));
    this.element = h("aside.look", { "aria-label": say("sc_preview"), tabindex: "0" }, h("h3", {}, say("sc_preview"), this.state), h("div.looking", {}, h("label.sample", {}, say("sc_sample"), samples), h("button.small", { type: "button", id: "enlarge", onclick: () => this.#enlarge() }, say("sc_enlarge"))), this.place, h("p.hint", {}, say("sc_preview_hint")));
  }

  ask(scenario, seen) {
    this.#asked = [scenario, seen];
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#look(scenario, seen), PAUSE);
  }

  // An answer that something newer was asked after is not shown.
  async #look(scenario, { step, creative }) {
    const turn = ++this.#turn;
    const judged = await call("POST", "/api/scenarios/check", { scenario });
    if (turn !== this.#turn || judged.status !== 200) return;
    this.onJudged(judged.content);
    const words = scenario.steps[step]?.creatives[creative];
    if (!words) return this.#empty();
    const { status, content } = await call("POST", "/api/scenarios/preview", { scenario, step: scenario.steps[step].key, creative: words.key, sample: this.#sample });
    if (turn !== this.#turn) return;
    if (status === 200) this.#draw(content);
    else this.#stale(judged.content.problems[0] ?? content.problems?.[0]);
  }

  #draw(told) {
    this.#told = told;
    this.element.classList.remove("stale");
    this.state.textContent = wayName(told.way);
    this.place.replaceChildren(...preview(told, this.#as, (as) => {
      this.#as = as;
      this.#draw(told);
      document.getElementById(`preview-${as}`).focus();
    }));
  }

  // The same once more, as large as the screen has room for.
  #enlarge() {
    if (this.#told) askIn(say("sc_preview"), h("div.previewed", { tabindex: "0", role: "group", "aria-label": say("sc_preview") }, preview(this.#told, this.#as)), [{ value: "", word: say("sc_close"), primary: true }], "wide.large");
  }

  // The last one that could be drawn stays, pale.
  #stale(problem) {
    this.element.classList.add("stale");
    this.state.textContent = problem ? problemText(problem) : say("sc_no_preview");
  }

  #empty() {
    this.state.textContent = "";
    this.place.replaceChildren(h("p.muted", {}, say("sc_open_a_step")));
  }
}
