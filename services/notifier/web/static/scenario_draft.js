// A draft: one scenario as it is being edited; kept in this tab until it is saved, over a reload too.

import { shell } from "./shell.js";

const KEPT = "scenarios.drafts";

function all() {
  const kept = JSON.parse(sessionStorage.getItem(KEPT));
  return kept?.login === shell.login ? kept.of : {};
}

const keepAll = (of) => sessionStorage.setItem(KEPT, JSON.stringify({ login: shell.login, of }));
document.getElementById("log-out").addEventListener("click", () => sessionStorage.removeItem(KEPT));

// The keys of scenarios with something that is not saved.
export const unsaved = () => new Set(Object.keys(all()));

// The version in the body says nothing: the row's counts.
const asText = (scenario) => JSON.stringify({ ...scenario, version: 0 });

export class Draft {
  // `told` is what the server has: {scenario, version, active, ...}.
  constructor(told, onChange) {
    this.told = told;
    this.onChange = onChange;
    const kept = all()[told.scenario.key];
    this.restored = Boolean(kept);
    this.scenario = structuredClone(kept?.scenario ?? told.scenario);
    this.base = kept?.base ?? told.version;
    this.before = kept?.before ?? told.scenario;
  }

  get key() {
    return this.told.scenario.key;
  }

  get dirty() {
    return asText(this.scenario) !== asText(this.before);
  }

  at(path) {
    return path.split(".").reduce((value, name) => value?.[name], this.scenario);
  }

  put(path, value) {
    const names = path.split(".");
    const last = names.pop();
    names.reduce((one, name) => one[name], this.scenario)[last] = value;
    this.changed();
  }

  // After something was changed in place.
  changed() {
    this.keep();
    this.onChange();
  }

  keep() {
    const of = all();
    if (this.dirty) of[this.key] = { scenario: this.scenario, base: this.base, before: this.before };
    else delete of[this.key];
    keepAll(of);
  }

  // Goes on from what the server has now; what was typed is put upon it when `mine` is given.
  rebase(told, mine) {
    this.told = told;
    this.base = told.version;
    this.before = told.scenario;
    this.scenario = structuredClone(mine ?? told.scenario);
    this.restored = false;
    this.changed();
  }
}

// Something was added, moved or dropped: drawn anew, with the focus where one goes on.
export function change(draft, redraw, focus, step) {
  draft.changed();
  redraw(step);
  document.getElementById(focus)?.focus();
}
