// Numbers: how the day stands, above the queue.

import { money, say, setText, untilCutoff } from "./shell.js";

const $ = (id) => document.getElementById(id);

export function showCounts(counts, currency) {
  count("raised", counts.raised);
  count("claimed", counts.claimed);
  count("value", money(counts.value_open, currency));
  count("done", counts.resolved);
  count("kept", money(counts.value_kept, currency));
  setText($("count-rate"), counts.resolved ? say("kept_rate", { kept: counts.kept }) : "");
  countDuplicates(counts.duplicates);
}

export function showUrgent(alerts) {
  const urgent = alerts.filter((alert) => untilCutoff(alert.cutoff).urgency === "soon").length;
  count("urgent", urgent);
  $("count-urgent").closest(".count").classList.toggle("some", urgent > 0);
}

// Only supervisors have the link.
function countDuplicates(pairs) {
  const badge = $("count-duplicates");
  if (!badge) return;
  setText(badge, String(pairs));
  badge.hidden = pairs === 0;
}

function count(name, value) {
  const element = $(`count-${name}`);
  const before = element.textContent;
  if (before === String(value)) return;
  element.textContent = value;
  if (before === "–" || element.getAnimations().length) return;
  element.classList.remove("grew");
  void element.offsetWidth;  // lets the same animation run again
  element.classList.add("grew");
}
