// Forest: differences with their intervals on one axis; the table below has the same in numbers.

import { svg } from "./chart.js";
import { ofHundred } from "./effect_said.js";
import { say } from "./shell.js";

const WIDE = 820, NARROW = 600, LABEL_WIDE = 250, LABEL_NARROW = 175, RIGHT = 70, ROW = 26, TOP = 12, AXIS = 42;

export function forest({ report, labels }) {
  const rows = [{ name: say("effect_whole"), ...report.outcomes.retention, kind: "whole" }];
  let last = null;
  for (const one of report.segments) {
    if (one.by !== last) rows.push({ name: say(`effect_by_${one.by}`), kind: "head" });
    last = one.by;
    rows.push({ name: labels[one.by][one.key ?? ""], ...one.retention, kind: one.harmful ? "harmful" : "plain" });
  }
  return drawing(rows, say("effect_forest_said", { n: report.segments.length }), WIDE, LABEL_WIDE);
}

export function sequence({ retention, verdict }) {
  const rows = [
    { name: say("effect_plain"), ...retention, kind: "plain" },
    { name: say("effect_always"), value: retention.value, low: verdict.low, high: verdict.high, kind: "whole" },
  ];
  const told = rows.filter((row) => row.low !== null).map((row) => `${row.name} ${ofHundred(row.low)}–${ofHundred(row.high)}`);
  return drawing(rows, told.join(", ") || say("effect_state_too_few"), NARROW, LABEL_NARROW);
}

// What is wildly uncertain must not squeeze the rest: the axis ends where the whole's interval does four times.
function reach(rows) {
  const ends = rows.filter((row) => row.low !== undefined && row.low !== null).map((row) => Math.max(Math.abs(row.low), Math.abs(row.high)));
  if (ends.length === 0) return 0.1;
  return Math.max(0.02, Math.min(Math.max(...ends), ends[0] * 4)) * 1.08;
}

function drawing(rows, said, width, label) {
  const height = TOP + rows.length * ROW + AXIS, most = reach(rows), bottom = TOP + rows.length * ROW;
  const x = (share) => label + ((Math.max(-most, Math.min(most, share)) + most) / (2 * most)) * (width - label - RIGHT);
  return svg("svg", { class: "forest", role: "img", "aria-label": said, viewBox: `0 0 ${width} ${height}`, width, height },
    svg("line", { class: "zero", x1: x(0), x2: x(0), y1: TOP - 6, y2: bottom }),
    svg("line", { class: "axis", x1: x(-most), x2: x(most), y1: bottom, y2: bottom }),
    ...ticks(most).flatMap((share) => [svg("line", { class: "axis", x1: x(share), x2: x(share), y1: bottom, y2: bottom + 5 }), svg("text", { x: x(share), y: bottom + 18, "text-anchor": "middle" }, share ? ofHundred(share).replace(/\.0$/, "") : "0")]),
    svg("text", { x: x(0), y: bottom + 36, "text-anchor": "middle" }, say("effect_axis")),
    ...rows.flatMap((row, at) => line(row, TOP + at * ROW + ROW / 2, x, width - RIGHT + 12)));
}

function line(row, y, x, end) {
  const name = svg("text", { class: row.kind, x: row.kind === "plain" || row.kind === "harmful" ? 16 : 0, y: y + 4 }, shortened(row.name));
  if (row.kind === "head") return [name];
  if (row.value === null || row.low === null) return [name, svg("text", { x: end, y: y + 4 }, "–")];
  return [
    name,
    svg("line", { class: `span ${row.kind}`, x1: x(row.low), x2: x(row.high), y1: y, y2: y }),
    svg("circle", { class: row.kind, cx: x(row.value), cy: y, r: row.kind === "whole" ? 6 : 4.5 }),
    svg("text", { class: row.kind, x: end, y: y + 4 }, ofHundred(row.value)),
  ];
}

// Japanese letters are twice as wide as others.
function shortened(name) {
  let width = 0, taken = "";
  for (const letter of name) {
    width += letter.charCodeAt(0) > 0xff ? 2 : 1;
    if (width > 34) return `${taken}…`;
    taken += letter;
  }
  return taken;
}

function ticks(most) {
  const step = [0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5].find((one) => most / one < 4.5) ?? 1;
  const found = [];
  for (let at = -Math.floor(most / step); at <= Math.floor(most / step); at += 1) found.push(at * step);
  return found;
}
