// Ages: how long something has lasted, in words.

import { say } from "./shell.js";

const MINUTE = 60, HOUR = 3_600, DAY = 86_400;

export function age(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  if (whole < MINUTE) return say("age_seconds", { n: whole });
  if (whole < HOUR) return say("age_minutes", { n: Math.floor(whole / MINUTE) });
  if (whole < 2 * DAY) return say("age_hours", { h: Math.floor(whole / HOUR), m: Math.floor((whole % HOUR) / MINUTE) });
  return say("age_days", { d: Math.floor(whole / DAY) });
}

export const ago = (seconds) => seconds < 10 ? say("age_moment") : say("age_ago", { age: age(seconds) });
