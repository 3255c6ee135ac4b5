// Search: finding a customer by what one is told on the phone; the words go into a body and nowhere else.

import { call } from "./server.js";
import { accountOf, h, nameOf, say, setText } from "./shell.js";

const PAUSE = 250;
const SHORTEST = 2;

export class Search {
  #asked = 0;
  #waiting = null;
  #found = [];
  #at = -1;

  constructor(input, panel, onChosen) {
    Object.assign(this, { input, panel, onChosen, list: panel.querySelector("ul"), note: panel.querySelector("p") });
    this.note.setAttribute("role", "status");
    input.addEventListener("input", () => this.#typed());
    input.addEventListener("keydown", (event) => this.#key(event));
    input.addEventListener("focus", () => this.#found.length && this.#open(true));
    panel.addEventListener("mousedown", (event) => event.preventDefault());  // the field keeps the focus
    input.addEventListener("blur", () => this.#open(false));
  }

  focus() {
    this.input.focus();
    this.input.select();
  }

  #typed() {
    clearTimeout(this.#waiting);
    this.#asked += 1;
    if (this.input.value.trim().length < SHORTEST) return this.#show([], "");
    this.#waiting = setTimeout(() => this.#ask(this.input.value.trim()), PAUSE);
  }

  // What was overtaken by more letters is not shown.
  async #ask(q) {
    const asked = this.#asked;
    const { status, content } = await call("POST", "/api/search", { q });
    if (asked !== this.#asked) return;
    if (status !== 200) return this.#show([], say("search_failed"));
    const found = content.found;
    this.#show(found, found.length ? say("search_found", { n: found.length }) : say("search_none"));
  }

  #show(found, note) {
    this.#found = found;
    this.list.replaceChildren(...found.map((one, index) => this.#option(one, index)));
    setText(this.note, note);
    this.#open(Boolean(note));
    this.#move(found.length ? 0 : -1);
  }

  #option(one, index) {
    return h("li", { id: `found-${index}`, role: "option", "aria-selected": "false", onclick: () => this.#choose(index) },
      h("span", {}, h("b", {}, nameOf(one)), " ", h("small", {}, one.kana ?? "")),
      one.alert ? h("span.pill", {}, say("search_alert")) : h("small", {}, accountOf(one.customer_ref)),
      h("small.reach", {}, [one.phone, one.mail, one.prefecture].filter(Boolean).map((part) => h("span", {}, part))));
  }

  #open(open) {
    this.panel.hidden = !open;
    this.input.setAttribute("aria-expanded", String(open && this.#found.length > 0));
  }

  #move(to) {
    this.#at = to;
    [...this.list.children].forEach((row, index) => row.setAttribute("aria-selected", String(index === to)));
    const row = this.list.children[to];
    row?.scrollIntoView({ block: "nearest" });
    if (row) this.input.setAttribute("aria-activedescendant", row.id);
    else this.input.removeAttribute("aria-activedescendant");
  }

  #key(event) {
    if (event.isComposing) return;
    const count = this.#found.length;
    const what = {
      ArrowDown: () => count && this.#move((this.#at + 1) % count),
      ArrowUp: () => count && this.#move((this.#at - 1 + count) % count),
      Enter: () => this.#choose(this.#at),
      Escape: () => this.#leave(),
    }[event.key];
    if (!what) return;
    event.preventDefault();
    event.stopPropagation();
    what();
  }

  #choose(index) {
    const one = this.#found[index];
    if (!one) return;
    this.#leave();
    this.onChosen(one);
  }

  #leave() {
    this.input.value = "";
    this.#asked += 1;
    clearTimeout(this.#waiting);
    this.#show([], "");
    this.input.blur();
  }
}
