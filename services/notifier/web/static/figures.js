// Figures: what the calls of a period came to, by slice: rates with their number and interval, and as a CSV.

import { bars, day } from "./charts.js";
import { call } from "./server.js";
import { h, money, say, setText } from "./shell.js";

const $ = (id) => document.getElementById(id);
const numbers = new Intl.NumberFormat();

export class Figures {
  #asked = 0;
  #shown = null;

  constructor(toast) {
    this.toast = toast;
    $("ask").addEventListener("submit", (event) => {
      event.preventDefault();
      this.load();
    });
    for (const radio of document.getElementsByName("span")) radio.addEventListener("change", () => this.#chosen());
    $("by").addEventListener("change", () => this.load());
    $("csv").addEventListener("click", () => this.save());
  }

  choose(span) {
    document.querySelector(`[name=span][value="${span}"]`).checked = true;
    this.#chosen();
  }

  #chosen() {
    const own = this.#span() === "own";
    $("dates").hidden = !own;
    if (!own) return this.load();
    if (!$("first").value && this.#shown) [$("first").value, $("last").value] = [this.#shown.first, this.#shown.last];
    $("first").focus();
  }

  #span = () => document.querySelector("[name=span]:checked").value;

  #question() {
    const by = $("by").value;
    return this.#span() === "own" ? { first: $("first").value, last: $("last").value, by } : { span: this.#span(), by };
  }

  // Of two questions the later one's answer is shown, whichever comes first.
  async load() {
    const asked = ++this.#asked;
    const { status, content } = await call("GET", `/api/team/figures?${new URLSearchParams(this.#question())}`);
    if (asked !== this.#asked) return;
    this.#wrong(status);
    if (status === 200) this.#draw(content);
  }

  #wrong(status) {
    $("asked-wrong").hidden = status === 200;
    if (status !== 200) setText($("asked-wrong"), say(status === 422 ? "team_period_wrong" : "problem_network"));
  }

  #draw(table) {
    this.#shown = table.period;
    const period = `${day(table.period.first)} – ${day(table.period.last)}`;
    setText($("results-period"), period);
    $("totals").replaceChildren(...totals(table.total));
    $("figures").replaceChildren(drawn(table, say("team_caption", { period, by: say(`by_${table.by}`) })));
  }

  async save() {
    const headers = { "content-type": "application/json", "x-csrf-token": document.querySelector('meta[name="csrf-token"]').content };
    const answer = await fetch("/api/team/export", { method: "POST", headers, body: JSON.stringify(this.#question()) }).catch(() => null);
    this.#wrong(answer?.status ?? 0);
    if (!answer?.ok) return;
    const name = /filename="([^"]+)"/.exec(answer.headers.get("content-disposition"))[1];
    const address = URL.createObjectURL(await answer.blob());
    h("a", { href: address, download: name }).click();
    URL.revokeObjectURL(address);
    this.toast(say("team_csv_done"), "good");
  }
}

function totals(total) {
  const { counts, trend } = total;
  const tile = (key, value, ...more) => h("div.tile", {}, h("h3", {}, say(key)), h("p.big", {}, value), ...more);
  return [
    h("div.tile", {}, h("h3", {}, say("fig_calls")), h("p.big", {}, h("b", {}, numbers.format(counts.calls))), bars(trend)),
    tile("fig_reach", ...rate(total.reach)),
    tile("fig_kept", ...rate(total.kept)),
    tile("fig_durable", ...rate(total.durable), observing(counts)),
    tile("fig_saved", ...rate(total.saved), counts.requests ? h("p.muted", {}, say("fig_requests", { n: counts.requests })) : null),
    tile("fig_in_time", ...rate(total.in_time)),
    tile("fig_minutes", h("b", {}, minutes(counts.minutes))),
    tile("fig_same_day", ...rate(total.same_day)),
  ];
}

function drawn(table, caption) {
  const most = Math.max(0, ...table.rows.flatMap((row) => row.figures.trend.map(({ reached }) => reached)));
  const single = table.by === "day";
  const columns = ["fig_alerts", "fig_calls", "fig_reach", "fig_kept", "fig_durable", "fig_saved", "fig_in_time", "fig_minutes", "fig_same_day", "fig_offers", "fig_cost", ...(single ? [] : ["fig_trend"])];
  const head = h("tr", {}, h("th", { scope: "col" }, say(`by_${table.by}`)), columns.map((key) => h("th", { scope: "col" }, say(key))));
  const line = (name, figures) => h("tr", {}, h("th", { scope: "row" }, name), cells(figures), single ? null : h("td", {}, bars(figures.trend, most)));
  const rows = table.rows.map((row) => line(table.labels[row.key ?? ""], row.figures));
  const total = h("tr.total", {}, h("th", { scope: "row" }, say("team_all")), cells(table.total), single ? null : h("td", {}, bars(table.total.trend)));
  return h("table.figures", {}, h("caption.unseen", {}, caption), h("thead", {}, head), h("tbody", {}, rows), h("tfoot", {}, total));
}

function cells({ counts, reach, kept, durable, saved, in_time, same_day, accepted }) {
  return [
    h("td.number", {}, numbers.format(counts.alerts)),
    h("td.number", {}, numbers.format(counts.calls)),
    h("td.number", {}, rate(reach)),
    h("td.number", {}, rate(kept)),
    h("td.number", {}, rate(durable), observing(counts)),
    h("td.number", {}, rate(saved)),
    h("td.number", {}, rate(in_time)),
    h("td.number", {}, minutes(counts.minutes)),
    h("td.number", {}, rate(same_day)),
    h("td.number", {}, rate(accepted)),
    h("td.number", {}, counts.offers ? money(counts.cost, counts.currency) : "–"),
  ];
}

const observing = (counts) => counts.observing ? h("small.muted", {}, say("fig_observing", { n: counts.observing })) : null;

function rate({ hits, of, share, low, high, few }) {
  if (share === null) return [h("span.muted", {}, "–")];
  const whole = (part) => Math.round(part * 100);
  // All is said only of all, and nothing only of nothing.
  const said = hits === of ? 100 : hits === 0 ? 0 : Math.min(99, Math.max(1, whole(share)));
  const interval = say("fig_interval", { low: whole(low), high: whole(high) });
  return [
    h("b", {}, `${said}%`),
    h("small", { title: interval }, say("fig_of", { hits: numbers.format(hits), of: numbers.format(of) }), h("span.interval", {}, ` (${whole(low)}–${whole(high)}%)`), h("span.unseen", {}, ` ${interval}`)),
    few ? h("small.few", { title: say("fig_few_long", { of }) }, say("fig_few")) : null,
  ];
}

const minutes = (found) => found === null ? "–" : found < 120 ? say("team_minutes", { n: Math.round(found) }) : say("team_hours", { h: Math.floor(found / 60), m: Math.round(found % 60) });
