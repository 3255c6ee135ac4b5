// Lists: in which of them an alert stands, when it ought to be taken, and in what order one works.

import { holding, realNow, shell } from "./shell.js";

export const LISTS = ["waiting", "mine", "later", "parked", "cancellations"];

export const isLater = (alert) => alert.state === "raised" && Boolean(alert.call_from) && Date.parse(alert.call_from) > realNow();
const isParked = (alert) => alert.state === "raised" && Boolean(alert.parked) && !isLater(alert);
const promisedToMe = (alert) => alert.call_because === "callback" && alert.promised_by === shell.login;

// A promised call whose time has come, and which nobody has taken.
export const isDue = (alert) => alert.state === "raised" && alert.call_because === "callback" && !isLater(alert);

const STANDS = {
  waiting: (alert) => !isLater(alert) && !isParked(alert),
  mine: (alert) => holding(alert) === "mine" || promisedToMe(alert),
  later: isLater,
  parked: isParked,
  cancellations: () => false,
};
export const standsIn = (list, alert) => STANDS[list](alert);

// Until when it ought to be taken; a call that was put off counts from its time on.
export function target(alert) {
  const since = Math.max(Date.parse(alert.raised_at), alert.call_from ? Date.parse(alert.call_from) : 0);
  return since + shell.sla_minutes * 60_000;
}

const byCutoff = (alert) => (alert.cutoff ? Date.parse(alert.cutoff) : Infinity);
const SORTS = {
  priority: (a, b) => b.priority - a.priority,
  cutoff: (a, b) => byCutoff(a) - byCutoff(b) || b.priority - a.priority,
  sla: (a, b) => target(a) - target(b),
  value: (a, b) => b.value.amount - a.value.amount,
  newest: (a, b) => Date.parse(b.raised_at) - Date.parse(a.raised_at),
};
export const SORT_KEYS = Object.keys(SORTS);

const first = (alert) => (isDue(alert) ? (promisedToMe(alert) ? 2 : 1) : 0);
const byId = (a, b) => (a.id < b.id ? -1 : 1);

// Promises come first, one's own before all; what is put off stands by its time.
export function inOrder(list, sort) {
  if (list === "later") return (a, b) => Date.parse(a.call_from) - Date.parse(b.call_from) || byId(a, b);
  return (a, b) => first(b) - first(a) || SORTS[sort](a, b) || byId(a, b);
}
