// Moments: a time on the shop's wall clock, as a field of a form knows it, and the instant that it means.

import { realNow, shell } from "./shell.js";

const MINUTE = 60_000, HOUR = 60 * MINUTE, DAY = 24 * HOUR;
const wall = new Intl.DateTimeFormat("en-GB", { timeZone: shell.zone, hourCycle: "h23", year: "numeric", month: "2-digit", day: "2-digit", hour: "2-digit", minute: "2-digit" });

function ahead(instant) {
  const { year, month, day, hour, minute } = Object.fromEntries(wall.formatToParts(instant).map(({ type, value }) => [type, Number(value)]));
  return Date.UTC(year, month - 1, day, hour, minute) - Math.floor(instant / MINUTE) * MINUTE;
}

// "2026-06-10T18:00"
export const localOf = (instant) => new Date(instant + ahead(instant)).toISOString().slice(0, 16);

// Asked twice, for the first answer may lie on the other side of a change of the clocks.
export function instantOf(local) {
  const guess = Date.parse(`${local.slice(0, 16)}:00Z`);
  return guess - ahead(guess - ahead(guess));
}

const at = (day, hour) => instantOf(`${localOf(day).slice(0, 10)}T${String(hour).padStart(2, "0")}:00`);

// What is chosen most often; what has gone by is not offered.
export function quickTimes() {
  const now = realNow();
  const hour = Math.ceil((now + HOUR) / (5 * MINUTE)) * 5 * MINUTE;
  return [["in_an_hour", hour], ["today_evening", at(now, 18)], ["tomorrow_morning", at(now + DAY, 10)]].filter(([, instant]) => instant > now);
}
