// Sound and signs: what tells an agent who looks elsewhere that somebody new needs a call.

import { say, setText } from "./shell.js";

const REMEMBERED = "desk.sound";
const TONES = { alert: [880], due: [660, 990] };
const LENGTH = 0.16;
const SELDOM = 4_000;

export class Sound {
  #context = null;

  constructor(button) {
    this.button = button;
    this.on = localStorage.getItem(REMEMBERED) === "on";
    button.addEventListener("click", () => this.toggle());
    // A browser lets a page sound only after a person has touched it.
    for (const touch of ["pointerdown", "keydown"]) document.addEventListener(touch, () => this.on && this.#wake());
    this.#show();
  }

  toggle() {
    this.on = !this.on;
    localStorage.setItem(REMEMBERED, this.on ? "on" : "off");
    this.#show();
    this.play("alert");
  }

  play(kind) {
    if (!this.on) return;
    const context = this.#wake();
    TONES[kind].forEach((frequency, turn) => tone(context, frequency, context.currentTime + turn * LENGTH));
  }

  #wake() {
    this.#context ??= new AudioContext();
    if (this.#context.state === "suspended") this.#context.resume();
    return this.#context;
  }

  #show() {
    this.button.setAttribute("aria-pressed", String(this.on));
    this.button.textContent = say(this.on ? "sound_on" : "sound_off");
  }
}

function tone(context, frequency, at) {
  const [oscillator, loudness] = [context.createOscillator(), context.createGain()];
  oscillator.frequency.value = frequency;
  loudness.gain.setValueAtTime(0.0001, at);
  loudness.gain.exponentialRampToValueAtTime(0.2, at + 0.02);
  loudness.gain.exponentialRampToValueAtTime(0.0001, at + LENGTH);
  oscillator.connect(loudness).connect(context.destination);
  oscillator.start(at);
  oscillator.stop(at + LENGTH);
}

// How many came while nobody looked: in the title and on the page's icon.
export class Unseen {
  #title = document.title;
  #icon = document.querySelector("link[rel=icon]");
  #count = 0;

  constructor() {
    for (const event of ["focus", "pointerdown", "keydown"]) addEventListener(event, () => this.#set(0));
    document.addEventListener("visibilitychange", () => document.hidden || this.#set(0));
  }

  add() {
    if (document.hidden || !document.hasFocus()) this.#set(this.#count + 1);
  }

  #set(count) {
    if (count === this.#count) return;
    this.#count = count;
    document.title = count ? `(${count}) ${this.#title}` : this.#title;
    this.#icon.href = count ? "/static/mark-new.svg" : "/static/mark.svg";
  }
}

// Told politely, and in a flood as one number: who listens to the page could follow nothing else.
export class Announcer {
  #names = [];
  #told = -Infinity;
  #waiting = null;

  constructor(place) {
    this.place = place;
  }

  add(name) {
    this.#names.push(name);
    this.#waiting ??= setTimeout(() => this.#tell(), Math.max(0, this.#told + SELDOM - performance.now()));
  }

  say(text) {
    setText(this.place, text);
  }

  #tell() {
    this.#waiting = null;
    this.#told = performance.now();
    this.say(this.#names.length === 1 ? say("said_new", { name: this.#names[0] }) : say("said_many", { n: this.#names.length }));
    this.#names = [];
  }
}
