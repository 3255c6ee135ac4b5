// Work: what an agent does with the card - take it, call, say how it ended, hand it on, give it back.

import { Drafts } from "./drafts.js";
import { localOf, quickTimes } from "./moments.js";
import { bodyOf, DISPOSITIONS, firstField, form, lacks, results, said, wrongWith } from "./outcome.js";
import { clockFace, dateTime, h, holding, realNow, say, shell } from "./shell.js";

// The second click of a double click on what stood in a button's place must do nothing; a key hits what it means.
const SETTLE = 500;

export class Work {
  #drafts = new Drafts();
  #told = "";
  #restUntil = 0;
  #busy = false;
  #take = null;
  alert = null;
  offers = null;

  // `does`: act(what, body), cancel(), transfer(), offered() when the chosen offer has changed.
  constructor(does) {
    this.does = does;
    this.element = h("div.actions");
  }

  get draft() {
    return this.#drafts.of(this.alert?.id);
  }

  get able() {
    return modeOf(this.alert) === "results";
  }

  // Drawn anew only when there is something else to do: an input method would lose what it is composing.
  show(alert, offers) {
    Object.assign(this, { alert, offers });
    if (this.#tells() !== this.#told) this.#draw();
  }

  #tells() {
    const { id, state, agent, agent_name, disposition, call_from } = this.alert;
    return [id, state, modeOf(this.alert), agent, agent_name, disposition, call_from, this.#drafts.find(id)?.open].join();
  }

  choose(offer, answer) {
    Object.assign(this.draft, { offer, answer });
    this.#drafts.keep();
    if (this.draft.open) return this.#draw();
    this.element.querySelector(".results")?.replaceWith(results(this.draft, (one) => this.press(one)));
    this.element.querySelector(".offered")?.replaceWith(this.#offered());
    this.#settle();
  }

  // An offer that may no longer be made is not recorded either.
  keepTo(offers) {
    const { offer } = this.draft;
    if (offers && offer && !offers.allowed.some((one) => one.offer === offer)) this.choose(null, null);
  }

  cancelled() {
    Object.assign(this.draft, { cancelled: true, open: "cancelled" });
    this.#drafts.keep();
    if (this.able) this.#draw();
  }

  forget(id) {
    this.#drafts.forget(id);
  }

  tick() {
    const lease = this.element.querySelector(".lease");
    if (!lease || !this.alert?.lease_until) return;
    const left = Date.parse(this.alert.lease_until) - realNow();
    const text = left > 0 ? say("lease_left", { time: clockFace(left) }) : say("lease_over");
    if (lease.textContent !== text) lease.textContent = text;
    lease.classList.toggle("short", left < 120_000);
  }

  // One key: at once if nothing is missing, else the form, with the cursor where something is.
  press(disposition) {
    if (!this.able || this.#busy) return;
    const lacking = lacks(disposition, this.draft);
    if (!lacking) return this.#record(disposition);
    Object.assign(this.draft, { open: disposition, problem: null });
    this.#draw();
    document.getElementById(firstField(lacking))?.focus();
  }

  key(key) {
    if (!this.alert) return false;
    const open = this.able && this.draft.open;
    if (open && key === "Escape") return this.#back(), true;
    if (open && key === "Enter") return this.#submit(), true;
    if (open === "callback" && /^[1-3]$/.test(key)) return this.#pick(quickTimes()[key - 1]?.[1]), true;
    const index = Number(key) - 1;
    if (/^[1-8]$/.test(key)) return this.able && !open && this.press(DISPOSITIONS[index]), true;
    // A key is no second click: it need not wait until the button has come to rest.
    if (key === "Enter") return this.#take?.(), Boolean(this.#take);
    const id = { Backspace: "release", m: "note", r: "reason", f: "transfer" }[key];
    const element = id && this.element.querySelector(`#${id}`);
    if (!id) return false;
    if (key === "m" || key === "r") element?.focus();
    else if (element && !element.disabled) element.click();
    return true;
  }

  #draw() {
    this.#take = null;
    const focused = this.element.contains(document.activeElement) ? document.activeElement.id : "";
    this.element.replaceChildren(...this.#content(modeOf(this.alert)).flat().filter(Boolean));
    this.#told = this.#tells();
    if (this.able) this.#restUntil = performance.now() + SETTLE;
    this.#settle();
    this.tick();
    if (focused) document.getElementById(focused)?.focus();
  }

  #settle() {
    const rest = this.#restUntil - performance.now();
    const still = rest > 0 || this.#busy;
    this.element.querySelectorAll("[data-disposition], #record").forEach((button) => (button.disabled = still));
    const claim = this.element.querySelector("#claim");
    if (claim) claim.disabled = still || modeOf(this.alert) === "theirs";
    if (rest > 0) setTimeout(() => this.#settle(), rest);
  }

  #content(mode) {
    const alert = this.alert;
    if (mode === "results") return this.#results(alert);
    if (mode === "resolved" || mode === "withdrawn") return [h("div.line", {}, ended(alert, mode), this.#cancel()), this.#kept()];
    const later = mode === "claim" && alert.call_from && Date.parse(alert.call_from) > realNow();
    const label = mode === "lapsed" ? "take_over" : later ? "claim_early" : "claim";
    const claim = () => this.does.act("claim", later ? { early: true } : undefined);
    if (mode !== "theirs") this.#take = claim;
    return [h("div.line", {},
      h("p.grow", {}, status(alert, mode, later)),
      h("button.primary", { type: "button", id: "claim", disabled: true, onclick: claim }, say(label), h("kbd", {}, "Enter")),
      this.#cancel()), this.#kept()];
  }

  #results(alert) {
    const withdrawn = alert.state === "withdrawn", draft = this.draft;
    return [
      withdrawn ? h("p.closed", {}, say("withdrawn_record")) : null,
      h("div.line.held", {},
        withdrawn ? null : h("p.lease", {}),
        this.#offered(),
        h("span.grow", {}),
        withdrawn ? null : h("button.quiet", { type: "button", id: "transfer", onclick: () => this.does.transfer() }, say("transfer"), h("kbd", {}, "f")),
        withdrawn ? null : h("button.quiet", { type: "button", id: "release", onclick: () => this.does.act("release") }, say("release"), h("kbd", {}, "⌫")),
        this.#cancel()),
      said(draft, { changed: (field) => this.#changed(field) }),
      h("p.problem", { id: "outcome-problem", role: "alert", hidden: !draft.problem }, draft.problem ? say(`problem_${draft.problem}`) : ""),
      draft.open ? form(draft, this.offers?.allowed ?? [], this.#formDoes()) : results(draft, (one) => this.press(one)),
    ];
  }

  #formDoes() {
    return {
      record: () => this.#submit(),
      back: () => this.#back(),
      cancel: () => this.does.cancel(),
      changed: (field) => this.#changed(field),
      offer: (offer, answer) => (Object.assign(this.draft, { offer, answer: offer ? (answer ?? "accepted") : null }), this.#draw(), this.does.offered()),
      pick: (instant, byHand) => (byHand && performance.now() < this.#restUntil) || this.#pick(instant),
    };
  }

  #offered() {
    const { offer, answer } = this.draft;
    const title = this.offers?.allowed.find((one) => one.offer === offer)?.title ?? offer;
    return h("p.offered", {}, offer ? say("offer_chosen", { title, answer: answer ? say(`answer_${answer}`) : say("answer_open") }) : "");
  }

  #cancel() {
    return h("button.cancel", { type: "button", id: "cancel-open", onclick: () => this.does.cancel() }, say("cancel_take"), h("kbd", {}, "x"));
  }

  // What was typed before the card went to somebody else.
  #kept() {
    const draft = this.#drafts.find(this.alert.id);
    if (!draft?.note.trim() || this.alert.state === "resolved") return null;
    return h("p.unsaved", {}, h("b", {}, say("unsaved_note")), draft.note);
  }

  #changed(field) {
    this.#drafts.keep();
    if (field === "reason") this.does.offered(field);
    if (!this.draft.problem) return;
    this.draft.problem = null;
    const told = this.element.querySelector("#outcome-problem");
    if (told) told.hidden = true;
    this.element.querySelectorAll("[aria-invalid]").forEach((one) => one.removeAttribute("aria-invalid"));
  }

  #pick(instant) {
    if (!instant) return;
    this.draft.callback = localOf(instant);
    this.#submit();
  }

  #back() {
    this.draft.open = this.draft.problem = null;
    this.#draw();
    document.activeElement?.blur?.();
  }

  #submit() {
    if (this.#busy) return;
    const problem = wrongWith(this.draft.open, this.draft);
    return problem ? this.#complain(problem) : this.#record(this.draft.open);
  }

  // A draft is forgotten when it is recorded, not before.
  async #record(disposition) {
    if (this.#busy) return;
    const id = this.alert.id, draft = this.draft;
    this.#busy = true;
    this.#settle();
    const answer = await this.does.act("resolve", bodyOf(disposition, draft));
    this.#busy = false;
    if (answer?.status === 200) {
      this.#restUntil = performance.now() + SETTLE;
      this.#settle();
      return this.forget(id);
    }
    if (this.alert?.id !== id) return;
    if (answer?.status === 422) {
      draft.open ??= disposition;
      this.#draw();
      this.#complain(answer.content.problem ?? "refused");
    } else this.#settle();
  }

  #complain(problem) {
    this.draft.problem = say(`problem_${problem}`) === `problem_${problem}` ? "refused" : problem;
    const told = this.element.querySelector("#outcome-problem");
    told.textContent = say(`problem_${this.draft.problem}`);
    told.hidden = false;
    const field = this.element.querySelector(`#${FIELD_OF[problem] ?? "record"}`);
    field?.setAttribute("aria-invalid", "true");
    field?.focus();
  }
}

const FIELD_OF = { needs_reason: "reason", unknown_reason: "reason", unknown_detail: "reason-detail", needs_callback: "callback-at", callback_past: "callback-at", needs_answer: "answer", needs_offer: "offer", answer_disagrees: "answer", offer_barred: "offer", unknown_offer: "offer", callback_far: "callback-at" };

// What there is to do with it.
function modeOf(alert) {
  if (!alert) return "none";
  if (alert.state === "resolved") return "resolved";
  if (alert.state === "withdrawn") return alert.agent === shell.login ? "results" : "withdrawn";
  const held = holding(alert);
  return { mine: "results", nobody: "claim" }[held] ?? held;
}

function ended(alert, mode) {
  const result = alert.disposition ? `: ${say(`disposition_${alert.disposition}`)}` : "";
  return h(`p.grow.closed.${mode}`, {}, say(`closed_${mode}`) + result);
}

function status(alert, mode, later) {
  if (mode === "theirs") return say("held_by_other", { name: alert.agent_name });
  if (mode === "lapsed") return say("lapsed", { name: alert.agent_name });
  if (later) return say(alert.call_because === "callback" ? "call_promised" : "call_again_from", { at: dateTime(alert.call_from) });
  return say("claim_hint", { minutes: Math.round(shell.lease_seconds / 60) });
}
