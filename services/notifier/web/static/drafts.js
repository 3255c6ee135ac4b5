// Drafts: what an agent has typed about a call and not recorded yet; kept in this tab over a reload or a new log-in.

import { shell } from "./shell.js";

const KEPT = "desk.drafts";

export const blankDraft = () => ({ note: "", reason: "", detail: "", offer: null, answer: null, callback: "", open: null, problem: null, cancelled: false });
const isBlank = (draft) => !draft.note.trim() && !draft.reason && !draft.offer && !draft.cancelled;

export class Drafts {
  #of = new Map();

  // Only what this agent has typed, and not after the log-out.
  constructor() {
    document.getElementById("log-out").addEventListener("click", () => sessionStorage.removeItem(KEPT));
    const kept = JSON.parse(sessionStorage.getItem(KEPT));
    if (kept?.login === shell.login) this.#of = new Map(kept.drafts);
    else sessionStorage.removeItem(KEPT);
  }

  find(id) {
    return this.#of.get(id);
  }

  of(id) {
    if (!this.#of.has(id)) this.#of.set(id, blankDraft());
    return this.#of.get(id);
  }

  keep() {
    const drafts = [...this.#of].filter(([, draft]) => !isBlank(draft)).map(([id, draft]) => [id, { ...draft, open: null, problem: null }]);
    sessionStorage.setItem(KEPT, JSON.stringify({ login: shell.login, drafts }));
  }

  forget(id) {
    this.#of.delete(id);
    this.keep();
  }
}
