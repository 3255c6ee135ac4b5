// Charts: a row of small bars, of which the dark part is what stayed; said in one sentence to who cannot see it.

import { date, say } from "./shell.js";

// A day without a time is meant in the shop's zone, wherever that is.
export const day = (written) => date(`${written}T12:00:00Z`);

const HEIGHT = 28, STEP = 7, BAR = 5;
const NS = "http://www.w3.org/2000/svg";

function svg(tag, props, ...children) {
  const element = document.createElementNS(NS, tag);
  for (const [key, value] of Object.entries(props)) element.setAttribute(key, value);
  element.append(...children);
  return element;
}

// `most` makes the charts of one table comparable; without it the highest bar fills the height.
export function bars(points, most) {
  const highest = Math.max(1, most ?? 0, ...points.map(({ reached }) => reached));
  const width = Math.max(STEP, points.length * STEP - (STEP - BAR));
  const drawn = points.flatMap(({ reached, kept }, at) => [bar("reached", at, reached / highest), bar("kept", at, kept / highest)]);
  return svg("svg", { class: "bars", role: "img", "aria-label": said(points), viewBox: `0 0 ${width} ${HEIGHT}`, width, height: HEIGHT },
    svg("line", { x1: 0, x2: width, y1: HEIGHT - 0.5, y2: HEIGHT - 0.5 }), ...drawn);
}

function bar(kind, at, share) {
  const height = share ? Math.max(1.5, share * (HEIGHT - 2)) : 0;
  return svg("rect", { class: kind, x: at * STEP, y: HEIGHT - 1 - height, width: BAR, height });
}

function said(points) {
  const sum = (name) => points.reduce((total, point) => total + point[name], 0);
  return say("fig_trend_said", { reached: sum("reached"), kept: sum("kept"), from: day(points[0].at), to: day(points.at(-1).at) });
}
