// The chart: how likely the customer was to leave, over time; the same as a table for whoever cannot see it.

import { date, dateTime, h, percent, say } from "./shell.js";

const WIDTH = 360, HEIGHT = 92, LEFT = 30, RIGHT = 44, TOP = 10, BOTTOM = 18;
const IN_TABLE = 12;

export function chart(scores) {
  if (scores.length === 0) return null;
  return h("figure.chart", {},
    h("figcaption", {}, say("score_history")),
    drawing(scores),
    h("table.unseen", {},
      h("caption", {}, say("score_history")),
      h("thead", {}, h("tr", {}, ["score_at", "score_probability", "score_band"].map((key) => h("th", { scope: "col" }, say(key))))),
      h("tbody", {}, scores.slice(-IN_TABLE).map((one) => h("tr", {}, h("td", {}, dateTime(one.at)), h("td", {}, `${percent(one.probability)}%`), h("td", {}, say(`band_${one.band}`)))))));
}

// Of one contract, or of the customer as a whole: two of them are no line.
export function scoresOf(scores, { kind, subscription }) {
  return scores.filter((one) => one.kind === kind && (one.subscription ?? null) === (subscription ?? null));
}

function drawing(scores) {
  const times = scores.map((one) => Date.parse(one.at));
  const first = Math.min(...times), span = Math.max(...times) - first || 1;
  const x = (at) => (scores.length === 1 ? (LEFT + WIDTH - RIGHT) / 2 : LEFT + ((at - first) / span) * (WIDTH - LEFT - RIGHT));
  const y = (probability) => TOP + (1 - probability) * (HEIGHT - TOP - BOTTOM);
  const points = scores.map((one, index) => ({ ...one, x: x(times[index]), y: y(one.probability) }));
  const last = points.at(-1);
  return svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, "aria-hidden": "true" },
    ...[0, 0.5, 1].flatMap((share) => grid(share, y(share))),
    svg("path", { class: "way", d: steps(points) }),
    ...points.map((one) => svg("circle", { class: `dot ${one.band}`, cx: one.x, cy: one.y, r: one === last ? 4.5 : 2.6 })),
    svg("text", { class: `last ${last.band}`, x: last.x + 8, y: last.y + 4 }, `${percent(last.probability)}%`),
    svg("text", { x: LEFT, y: HEIGHT - 4 }, date(scores[0].at)),
    scores.length > 1 ? svg("text", { x: last.x, y: HEIGHT - 4, "text-anchor": "end" }, date(last.at)) : "");
}

// A score stands until the next one.
function steps(points) {
  return points.map((one, index) => (index === 0 ? `M${one.x} ${one.y}` : `H${one.x}V${one.y}`)).join("");
}

function grid(share, y) {
  return [svg("line", { class: "grid", x1: LEFT, x2: WIDTH - RIGHT, y1: y, y2: y }), svg("text", { x: LEFT - 6, y: y + 4, "text-anchor": "end" }, String(share * 100))];
}

export function svg(tag, attributes, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}
