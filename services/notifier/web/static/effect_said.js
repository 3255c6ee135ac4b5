// Effect in sentences: the verdict as a marketer would say it, and how numbers are written.

import { say, shell } from "./shell.js";

const WORTH = 2;
const locale = shell.language === "ja" ? "ja-JP" : "en-GB";
const one = new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const signed = new Intl.NumberFormat(locale, { minimumFractionDigits: 1, maximumFractionDigits: 1, signDisplay: "exceptZero" });
const two = new Intl.NumberFormat(locale, { minimumFractionDigits: 2, maximumFractionDigits: 2 });
const twoSigned = new Intl.NumberFormat(locale, { minimumFractionDigits: 2, maximumFractionDigits: 2, signDisplay: "exceptZero" });
const many = new Intl.NumberFormat(locale);

// Shares are told as customers of a hundred; -0.0 is nothing.
export const ofHundred = (share) => signed.format(share * 100);
export const plainOfHundred = (share) => one.format(Math.abs(share) * 100);
export const number = (value) => many.format(value);
export const decimal = (value) => two.format(value);
export const signedDecimal = (value) => twoSigned.format(value);
export const pValue = (p) => (p === null ? "–" : p < 0.001 ? "<0.001" : p.toFixed(3));

export const stateOf = (report) => report.outcomes.verdict.state;

export function sentences(told) {
  const { report, asked, margin } = told;
  const { left } = report;
  const observing = left.observing_sent + left.observing_held;
  return [
    main(report),
    observing ? say("effect_say_observing", { n: number(observing), days: asked.days }) : null,
    asked.part === "reached" ? say("effect_say_reached") : null,
    say("effect_say_margin", { n: Math.round(margin * 100) }),
  ].filter(Boolean);
}

function main({ outcomes, needed, left }) {
  const { verdict, retention, held } = outcomes;
  if (held.enrolments + left.observing_held + left.erased_held === 0) return say("effect_say_no_held");
  const word = verdict.state === "too_few" ? "effect_say_begin" : "effect_say_more";
  const more = needed === null ? "" : say(word, { n: number(rounded(needed)) });
  if (retention.low === null) return say("effect_say_too_few", { more });
  const { value, low, high } = retention;
  switch (verdict.state) {
    case "effective":
      return say("effect_say_effective", { n: plainOfHundred(value), low: one.format(low * 100), high: one.format(high * 100) });
    case "harmful":
      return say("effect_say_harmful", { n: plainOfHundred(value), low: one.format(-high * 100), high: one.format(-low * 100) });
    case "no_use":
      return say("effect_say_no_use", { worth: WORTH, high: ofHundred(verdict.high) });
    case "not_yet":
      return say("effect_say_not_yet", { n: ofHundred(value), low: ofHundred(low), high: ofHundred(high), more });
    default:
      return say("effect_say_too_few", { more });
  }
}

// A forecast is not known to the last customer.
function rounded(needed) {
  const step = 10 ** Math.max(1, Math.floor(Math.log10(needed)) - 1);
  return Math.ceil(needed / step) * step;
}
