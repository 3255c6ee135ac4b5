// The shell: what the server told the page at its start - words, clock, zone - and how to say things with it.

export const shell = JSON.parse(document.getElementById("shell").textContent);

const locale = shell.language === "ja" ? "ja-JP" : "en-GB";
const MINUTE = 60_000, HOUR = 60 * MINUTE, DAY = 24 * HOUR;

const fill = (text, values) => text.replace(/\{(\w+)\}/g, (_, name) => values[name] ?? "");

export const say = (key, values = {}) => fill(shell.words[key] ?? key, values);

// A reason brings its own Japanese; other languages are filled from its facts.
export const reasonText = (reason) => reason.code in shell.reasons ? fill(shell.reasons[reason.code], reason.facts) : reason.text;

// Build an element; text is always text, so nothing a customer is called can become markup.
export function h(tag, props = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const element = document.createElement(name);
  if (classes.length) element.className = classes.join(" ");
  for (const [key, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "width") element.style.width = value;
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// This computer's clock may be wrong, and the shop's may run fast: both are counted from the server's.
let skew, businessOrigin, realOrigin;
export function setClock(clock) {
  [businessOrigin, realOrigin] = [Date.parse(clock.business_now), Date.parse(clock.now)];
  skew = realOrigin - Date.now();
}
setClock(shell);
export const realNow = () => Date.now() + skew;
export const businessNow = () => businessOrigin + (realNow() - realOrigin) * shell.speed;

const dates = new Intl.DateTimeFormat(locale, { month: "numeric", day: "numeric", weekday: "short", timeZone: shell.zone });
const times = new Intl.DateTimeFormat(locale, { hour: "2-digit", minute: "2-digit", timeZone: shell.zone });
export const date = (moment) => dates.format(new Date(moment));
export const time = (moment) => times.format(new Date(moment));
export const dateTime = (moment) => `${date(moment)} ${time(moment)}`;

const monies = new Map();
export function money(amount, currency) {
  if (!monies.has(currency)) monies.set(currency, new Intl.NumberFormat(locale, { style: "currency", currency, currencyDisplay: "narrowSymbol" }));
  const format = monies.get(currency);
  return format.format(amount / 10 ** format.resolvedOptions().maximumFractionDigits);
}

// Never "100 %": nobody has left until he has.
export const percent = (probability) => String(Math.min(99, Math.round(probability * 100)));

export function untilCutoff(cutoff) {
  if (!cutoff) return { text: say("no_cutoff"), urgency: "none" };
  const left = Date.parse(cutoff) - businessNow();
  if (left <= 0) return { text: say("cutoff_over"), urgency: "past" };
  const urgency = left < DAY ? "soon" : "calm";
  if (left < HOUR) return { text: say("minutes", { m: Math.max(1, Math.floor(left / MINUTE)) }), urgency };
  if (left < DAY) return { text: say("hours_minutes", { h: Math.floor(left / HOUR), m: Math.floor((left % HOUR) / MINUTE) }), urgency };
  return { text: say("days_hours", { d: Math.floor(left / DAY), h: Math.floor((left % DAY) / HOUR) }), urgency };
}

export function clockFace(milliseconds) {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}

export function nameOf(alert) {
  if (alert.name) return say("honorific", { name: alert.name });
  return say("nameless", { id: `#${alert.customer_ref.split("/").at(-1).slice(-6)}` });
}

// A reference is <shop>/<cart>/<the cart's customer id>.
export function accountOf(ref) {
  const [, cart, ...id] = ref.split("/");
  return say("account_of", { cart, id: id.join("/") });
}

export const bandOf = (alert) => say(`band_${alert.band}`);

// Who has it: nobody, me, someone else, or someone whose time is up.
export function holding(alert) {
  if (alert.state !== "claimed") return "nobody";
  if (alert.agent === shell.login) return "mine";
  return Date.parse(alert.lease_until) > realNow() ? "theirs" : "lapsed";
}
