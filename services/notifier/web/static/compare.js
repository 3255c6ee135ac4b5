// Compare: two registrations side by side with what agrees in them, and the accounts of one person.

import { accountOf, dateTime, h, say } from "./shell.js";

const FIELDS = ["name", "kana", "phone", "mail", "address"];
const VERDICTS = [["confirmed", "s", "good"], ["denied", "b", "end"]];

export function compare(pair, { faces, agreeing }, judge) {
  const refs = [pair.one, pair.other];
  const names = faces.map((face, at) => face.name || accountOf(refs[at]));
  return [
    h("div.inner", {},
      h("header.head", {}, h("div.person", {},
        h("p.kana", {}, say("same_question")),
        h("h2", {}, say("duplicates_versus", { one: names[0], other: names[1] })),
        h("p.muted", {}, say("suspected_since", { at: dateTime(pair.since) })))),
      evidence(say("evidence"), pair.because),
      h("table.faces", {},
        h("thead", {}, h("tr", {}, h("th", { scope: "col" }, say("field_account")), refs.map((ref) => h("th", { scope: "col" }, accountOf(ref))), h("td", {}))),
        h("tbody", {}, FIELDS.map((field) => line(field, faces, agreeing.includes(field)))))),
    actions(pair, judge),
  ];
}

function line(field, faces, agrees) {
  const values = faces.map((face) => face[field]);
  const verdict = agrees ? say("agrees") : values.every(Boolean) ? say("differs") : "";
  return h(agrees ? "tr.agrees" : "tr", { "data-field": field },
    h("th", { scope: "row" }, say(`field_${field}`)),
    values.map((value) => h(value ? "td" : "td.none", {}, value || say("not_registered"))),
    h("td.verdict", {}, verdict));
}

function actions(pair, judge) {
  const done = pair.judged_at;
  const buttons = VERDICTS.filter(([verdict]) => !done || verdict !== pair.state).map(([verdict, key, kind]) =>
    h(`button.${kind}`, { type: "button", "data-verdict": verdict, onclick: () => judge(verdict) },
      h("kbd", {}, key.toUpperCase()), say(done ? `change_to_${verdict}` : `judge_${verdict}`)));
  const status = done
    ? say("judged_line", { at: dateTime(done), name: pair.judged_by ?? say("judged_by_cart"), state: say(`judged_as_${pair.state}`) })
    : say("judge_hint");
  return h("div.actions", {}, h("div.line", {}, h("p.grow", {}, status)), h("div.results.verdicts", { role: "group", "aria-label": say("same_question") }, buttons));
}

const evidence = (title, because) => because.length === 0 ? null : h("div.evidence", {}, h("h3", {}, title),
  h("ul", {}, because.map((one) => h("li.pill", {}, say(`evidence_${one}`)))));

export function personCard(person, separate) {
  return [
    h("div.inner", {},
      h("header.head", {}, h("div.person", {},
        h("p.kana", {}, say("tab_persons")),
        h("h2", {}, person.names.find(Boolean) ?? accountOf(person.person)),
        h("p.muted", {}, say("accounts_count", { n: person.accounts.length }), " · ", say("merged_since", { at: dateTime(person.since) })))),
      evidence(say("evidence_merged"), person.because),
      h("ul.accounts", {}, person.accounts.map((account, at) => accountLine(person, account, at, separate)))),
    h("div.actions", {}, h("div.line", {}, h("p.grow", {}, say("persons_hint")))),
  ];
}

function accountLine(person, account, at, separate) {
  const end = account === person.person ? h("span.pill.mine", {}, say("account_main"))
    : person.parting.includes(account) ? h("span.pill", {}, say("parting"))
    : h("button.quiet", { type: "button", "data-account": account, onclick: () => separate(account) }, at <= 9 ? h("kbd", {}, String(at)) : null, say("separate"));
  return h("li", {}, h("div", {}, h("b", {}, person.names[at] ?? say("not_registered")), h("span.muted", {}, accountOf(account))), end);
}
