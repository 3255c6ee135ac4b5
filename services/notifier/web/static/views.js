// Views: an agent's own ways to look at the queue, kept by the server under names.

import { call } from "./server.js";
import { h, say } from "./shell.js";

const MOST_KEYS = 9;

export class Views {
  #views = [];

  // `current` tells what is looked at now, `apply` looks at it otherwise.
  constructor(place, dialog, { current, apply, tell }) {
    Object.assign(this, { place, dialog, current, apply, tell });
    this.select = h("select", { id: "view", "aria-label": say("views"), onchange: () => this.choose(this.select.selectedIndex - 1) });
    this.saving = h("button", { type: "button", id: "view-save", onclick: () => this.name() }, say("view_save"));
    this.dropping = h("button", { type: "button", id: "view-drop", hidden: true, onclick: () => this.#drop() }, say("view_drop"));
    place.replaceChildren(this.select, this.saving, this.dropping);
    dialog.querySelector("form").addEventListener("submit", () => this.#save(dialog.querySelector("input").value.trim()));
    dialog.querySelector("#naming-off").addEventListener("click", () => dialog.close());
    this.#draw("");
  }

  async load() {
    const { status, content } = await call("GET", "/api/views");
    if (status === 200) this.#views = content.views;
    this.#draw("");
  }

  choose(index) {
    const view = this.#views[index];
    if (!view) return this.leave();
    this.apply(view.filters);
    this.select.selectedIndex = index + 1;
    this.dropping.hidden = false;
  }

  // What was changed by hand is no saved view any more.
  leave() {
    this.select.selectedIndex = 0;
    this.dropping.hidden = true;
  }

  name() {
    const input = this.dialog.querySelector("input");
    input.value = this.#views[this.select.selectedIndex - 1]?.name ?? "";
    this.dialog.showModal();
    input.select();
  }

  async #save(name) {
    if (!name) return;
    const others = this.#views.filter((view) => view.name !== name);
    const at = this.#views.findIndex((view) => view.name === name);
    await this.#put(others.toSpliced(at < 0 ? others.length : at, 0, { name, filters: this.current() }), name, "view_saved");
  }

  async #drop() {
    const dropped = this.#views[this.select.selectedIndex - 1];
    await this.#put(this.#views.filter((view) => view !== dropped), dropped.name, "view_dropped");
  }

  async #put(views, name, done) {
    const { status } = await call("PUT", "/api/views", { views });
    if (status >= 300 || status === 0) return this.tell(say("problem_network"), "bad");
    this.#views = views;
    this.#draw(name);
    this.tell(say(done, { name }));
  }

  #draw(name) {
    const names = this.#views.map((view, index) => h("option", {}, index < MOST_KEYS ? `${index + 1} ${view.name}` : view.name));
    this.select.replaceChildren(h("option", { value: "" }, say("view_none")), ...names);
    this.select.selectedIndex = this.#views.findIndex((view) => view.name === name) + 1;
    this.dropping.hidden = this.select.selectedIndex === 0;
  }
}
