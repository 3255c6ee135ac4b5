// Capacity: alerts a day that the desk can work, tried out before they are saved.

import { call } from "./server.js";
import { dateTime, h, say, setText } from "./shell.js";

const $ = (id) => document.getElementById(id);
const MOST = 100_000;
const numbers = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });

export class Capacity {
  #fresh = true;

  constructor(toast, saved) {
    Object.assign(this, { toast, saved });
    $("no-limit").addEventListener("change", () => this.#limit());
    $("try").addEventListener("click", () => this.load());
    $("capacity-form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.#save();
    });
  }

  #limit() {
    $("per-day").disabled = $("no-limit").checked;
    $("try").disabled = $("no-limit").checked;
    $("capacity-wrong").hidden = true;
  }

  // null is no limit, undefined no number at all.
  #wanted() {
    if ($("no-limit").checked) return null;
    const said = Number($("per-day").value);
    return Number.isInteger(said) && said >= 1 && said <= MOST ? said : undefined;
  }

  async load() {
    const wanted = this.#fresh ? null : this.#wanted();
    $("capacity-wrong").hidden = wanted !== undefined;
    if (wanted === undefined) return;
    const { status, content } = await call("GET", wanted ? `/api/team/capacity?wanted=${wanted}` : "/api/team/capacity");
    if (status === 200) this.#draw(content, wanted);
  }

  async #save() {
    const wanted = this.#wanted();
    $("capacity-wrong").hidden = wanted !== undefined;
    if (wanted === undefined) return $("per-day").focus();
    const { status, content } = await call("PUT", "/api/team/capacity", { alerts_per_day: wanted });
    if (status !== 200) return this.toast(say("team_problem"), "bad");
    this.toast(say("capacity_saved"), "good");
    this.#draw(content, wanted);
    this.saved();
  }

  #draw(plan, wanted) {
    const { capacity } = plan;
    if (this.#fresh) {
      $("no-limit").checked = capacity.alerts_per_day === null;
      $("per-day").value = capacity.alerts_per_day ?? "";
      this.#fresh = false;
      this.#limit();
    }
    const days = Math.max(1, Math.round(plan.days));
    const by = capacity.changed_at ? say("capacity_set_by", { name: capacity.changed_by ?? "", at: dateTime(capacity.changed_at) }) : say("capacity_never_set");
    setText($("capacity-state"), `${say("capacity_arriving", { days, n: numbers.format(plan.per_day) })} · ${by}`);
    $("capacities").replaceChildren(this.#table(plan, wanted));
  }

  #table({ capacity, choices, unlimited }, wanted) {
    const head = ["capacity_per_day", "capacity_threshold", "capacity_through", "capacity_covered", "capacity_waiting", "capacity_parked"];
    const rows = [...choices, unlimited].map((effect) => this.#row(effect, effect.per_day === capacity.alerts_per_day, effect.per_day === wanted));
    return h("table", {}, h("caption.unseen", {}, say("capacity_caption")),
      h("thead", {}, h("tr", {}, head.map((key) => h("th", { scope: "col" }, say(key))))), h("tbody", {}, rows));
  }

  #row(effect, now, wanted) {
    const name = effect.per_day === null ? say("capacity_unlimited") : numbers.format(effect.per_day);
    const pick = effect.per_day === null || now ? name
      : h("button.plain.pick", { type: "button", "aria-label": say("capacity_choose", { n: name }), onclick: () => this.#pick(effect.per_day) }, name);
    return h(wanted && !now ? "tr.wanted" : now ? "tr.total" : "tr", {},
      h("th", { scope: "row" }, pick, now ? h("span.pill.mine", {}, say("capacity_now")) : null),
      h("td.number", {}, effect.threshold ? numbers.format(effect.threshold) : "–"),
      h("td.number", {}, numbers.format(effect.through)),
      h("td.number", {}, effect.covered === null ? "–" : `${Math.round(effect.covered * 100)}%`),
      h("td.number", {}, numbers.format(effect.waiting)),
      h("td.number", {}, numbers.format(effect.parked)));
  }

  #pick(perDay) {
    $("no-limit").checked = false;
    $("per-day").value = perDay;
    this.#limit();
    this.load();
    $("per-day").focus();
  }
}
