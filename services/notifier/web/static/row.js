// A row of the queue: who, how likely, why, how much, until when, and who has it - for one glance.

import { isDue, isLater, target } from "./lists.js";
import { bandOf, businessNow, clockFace, date, dateTime, h, holding, money, nameOf, percent, realNow, reasonText, say, setText, shell, time, untilCutoff } from "./shell.js";

const MINUTE = 60_000, HOUR = 60 * MINUTE, DAY = 24 * HOUR;
const BANDS = ["low", "medium", "high", "critical"];
const SIGNS = {
  phone: "M5 2.5 7 6 5.5 7.5a8 8 0 0 0 3 3L10 9l3.5 2v2a1.2 1.2 0 0 1-1.3 1.2C6.5 13.8 2.2 9.5 1.8 3.8A1.2 1.2 0 0 1 3 2.5z",
  mail: "M1.5 3.5h13v9h-13zM1.5 4l6.5 5 6.5-5",
  line: "M8 2c3.6 0 6.5 2.2 6.5 5s-3.5 5-6 7v-2.2C4.5 11.8 1.5 9.8 1.5 7S4.4 2 8 2z",
  postal_dm: "M2 14V6.5L8 2l6 4.5V14zM5.5 9.5h5",
};

// What time alone changes in it, and what the page must draw anew for.
export const faceOf = (alert) => [holding(alert), isLater(alert), isDue(alert)].join();

export function draw(alert, onclick) {
  const held = holding(alert);
  const row = h(
    `li.row${held === "theirs" ? ".theirs" : ""}${isDue(alert) ? ".due" : ""}`,
    { id: `row-${alert.id}`, role: "option", "data-band": alert.band, "data-id": alert.id, "data-face": faceOf(alert), onclick },
    h("div.odds", {}, h("b", {}, percent(alert.probability), h("small", {}, "%")), h("span", {}, bandOf(alert)), shift(alert)),
    h("p.who", {}, h("span.name", {}, nameOf(alert)), alert.kana ? h("span.kana", {}, alert.kana) : null, pill(alert, held)),
    h("p.value", {}, money(alert.value.amount, alert.value.currency)),
    h("p.why", {}, alert.reasons[0] ? reasonText(alert.reasons[0]) : say("unknown")),
    h("p.sla", { "data-sla": true }),
    h("p.facts", {}, ...facts(alert)),
    h("p.side", {}, h("span.until", { "data-until": true })),
  );
  keepTime(row, alert);
  return row;
}

export function keepTime(row, alert) {
  const cutoff = untilCutoff(alert.cutoff);
  const until = row.querySelector("[data-until]");
  until.className = `until ${cutoff.urgency}`;
  setText(until, alert.kind === "repeat" ? "" : cutoff.text);
  const sla = slaOf(alert), cell = row.querySelector("[data-sla]");
  cell.classList.toggle("over", sla.over);
  setText(cell, sla.text);
  const lease = row.querySelector("[data-lease]");
  if (lease) setText(lease, clockFace(Date.parse(alert.lease_until) - realNow()));
  const contact = row.querySelector("[data-contact]");
  if (contact) setText(contact, lastContact(alert));
}

// How long it may wait to be taken; who is being called waits no more.
function slaOf(alert) {
  const held = holding(alert);
  if (held === "mine" || held === "theirs" || isLater(alert)) return { text: "", over: false };
  const left = target(alert) - realNow();
  return { text: say(left > 0 ? "sla_left" : "sla_over", { time: span(Math.abs(left)) }), over: left <= 0 };
}

function span(length) {
  if (length < HOUR) return say("span_minutes", { m: Math.floor(length / MINUTE) });
  if (length < DAY) return say("span_hours", { h: Math.floor(length / HOUR), m: Math.floor((length % HOUR) / MINUTE) });
  return say("span_days", { d: Math.floor(length / DAY) });
}

const relatively = new Intl.RelativeTimeFormat(shell.language, { style: "short" });
export function ago(gone) {
  if (gone < HOUR) return relatively.format(-Math.max(1, Math.floor(gone / MINUTE)), "minute");
  if (gone < DAY) return relatively.format(-Math.floor(gone / HOUR), "hour");
  return relatively.format(-Math.floor(gone / DAY), "day");
}

function lastContact({ last_contact: last }) {
  return say("last_contact", { ago: ago(businessNow() - Date.parse(last.at)), channel: say(`channel_${last.channel}`) });
}

function shift({ band, previous_band: before, band_changed_at: at }) {
  if (!before || before === band) return null;
  const rose = BANDS.indexOf(band) > BANDS.indexOf(before);
  const name = say(`band_${before}`);
  return h("span.shift", { title: at ? say("band_since", { band: name, ago: ago(realNow() - Date.parse(at)) }) : null },
    h("i", { "aria-hidden": "true" }, `${rose ? "▲" : "▼"} ${say("band_from", { band: name })}`), h("i.unseen", {}, say(rose ? "band_rose" : "band_fell", { band: name })));
}

function facts(alert) {
  const parts = [];
  if (alert.kind !== "subscription") parts.push(say(`kind_${alert.kind}`));
  if (alert.kind !== "repeat") {
    if (alert.delivery_number) parts.push(say("delivery", { n: alert.delivery_number }));
    parts.push(alert.min_deliveries ? say("minimum", { m: alert.min_deliveries }) : say("no_minimum"));
  }
  return [
    ...parts.map((part) => h("span", {}, part)),
    alert.last_contact ? h("span", { "data-contact": true }) : null,
    alert.attempts ? h("span", {}, say(alert.call_because === "callback" ? "calls" : "attempts", { n: alert.attempts })) : null,
    refusals(alert.refused ?? []),
  ];
}

function refusals(refused) {
  if (refused.length === 0) return null;
  return h("span.refused", {}, refused.map((channel) => {
    const text = say("refuses", { channel: say(`channel_${channel}`) });
    return h("span", { title: text }, sign(SIGNS[channel]), h("span.unseen", {}, text));
  }));
}

function sign(path) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 16 16");
  svg.setAttribute("aria-hidden", "true");
  for (const d of [path, "M1.5 14.5l13-13"]) {
    const line = document.createElementNS("http://www.w3.org/2000/svg", "path");
    line.setAttribute("d", d ?? "");
    svg.append(line);
  }
  return svg;
}

function pill(alert, held) {
  if (held === "mine") return h("span.pill.mine", {}, say("mine"), " ", h("span", { "data-lease": true }));
  if (held === "theirs") return h("span.pill", {}, say("taken", { name: alert.agent_name }));
  if (held === "lapsed") return h("span.pill", {}, say("lapsed", { name: alert.agent_name }));
  if (alert.call_because === "callback") return promise(alert);
  if (isLater(alert)) return h("span.pill", {}, say("again", { time: moment(alert.call_from) }));
  return null;
}

function promise(alert) {
  const key = alert.promised_by === shell.login ? "promise_mine" : "promise";
  return h(`span.pill.promise${isDue(alert) ? ".now" : ""}`, {}, say(key, { time: moment(alert.call_from) }));
}

const moment = (at) => (date(at) === date(realNow()) ? time(at) : dateTime(at));
