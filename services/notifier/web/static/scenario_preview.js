// A preview of the words as they arrive: a mail in its window, a LINE bubble, a postcard's two sides, a letter, a slip.

import { wayName } from "./scenario_parts.js";
import { h, say } from "./shell.js";

// `told` is the server's answer; `as` is html or text, and `choose` changes that, if it may be changed.
export function preview(told, as, choose) {
  switch (told.way) {
    case "mail":
      return mail(told, as, choose);
    case "line":
      return line(told);
    case "postal_dm":
      return told.form === "letter" ? [letter(told)] : postcard(told);
    case "insert":
      return [slip(told)];
    default:
      return [h("div.plain-words", {}, h("p.heading", {}, wayName(told.way)), paragraphs(told.text))];
  }
}

const paragraphs = (text) => h("div.paragraphs", {}, text.split(/\n{2,}/).map((part) => h("p", {}, part)));

function mail(told, as, choose) {
  const tab = (one) => h("button", { type: "button", id: `preview-${one}`, "aria-pressed": String(as === one), onclick: () => choose(one) }, say(`sc_as_${one}`));
  return [
    choose ? h("div.seen-as", { role: "group", "aria-label": say("sc_seen_as") }, ["html", "text"].map(tab)) : "",
    h("div.mail-window", {},
      h("div.mail-bar", { "aria-hidden": "true" }, h("i"), h("i"), h("i")),
      h("div.mail-head", {},
        h("p.subject", {}, told.subject),
        h("div.from", {}, h("span.face", { "aria-hidden": "true" }, told.sender.name.slice(0, 1)),
          h("p", {}, h("b", {}, told.sender.name), h("small", {}, `<${told.sender.mail}>`), h("small", {}, say("sc_to", { name: told.to.name }))))),
      as === "html" ? frame(told.html) : h("pre.mail-text", { tabindex: "0", "aria-label": say("sc_as_text") }, told.text)),
  ];
}

// The page's policy lets no style in from markup, but from scripts: so the mail's own styles are put on by hand.
// In the frame nothing runs and no link leads anywhere.
function frame(html) {
  const inert = html.replace(/\s(style|href)=/g, " data-$1=");
  const element = h("iframe.mail-html", { title: say("sc_as_html"), sandbox: "allow-same-origin", srcdoc: inert });
  element.addEventListener("load", () => dress(element));
  return element;
}

function dress(element) {
  const inside = element.contentDocument;
  for (const one of inside.querySelectorAll("[data-style]")) one.style.cssText = one.dataset.style;
  const sheets = [...inside.querySelectorAll("style")].map((one) => {
    const sheet = new element.contentWindow.CSSStyleSheet();
    sheet.replaceSync(one.textContent);
    return sheet;
  });
  inside.adoptedStyleSheets = sheets;
  element.style.height = "0";
  element.style.height = `${inside.documentElement.scrollHeight + 2}px`;
}

// As on a phone: who it is from, the bubble, and the buttons of quick replies below the talk.
function line(told) {
  return [h("div.phone", {},
    h("p.phone-head", {}, h("span", { "aria-hidden": "true" }, "‹"), told.sender.shop),
    h("div.talk", { role: "group", "aria-label": say("sc_talk") },
      h("span.face", { "aria-hidden": "true" }, told.sender.shop.slice(0, 1)),
      h("div", {}, h("small", {}, told.sender.shop), h("p.bubble", {}, linked(told.text)))),
    told.replies.length ? h("ul.quick", { "aria-label": say("sc_replies") }, told.replies.map((reply) => h("li", {}, reply.label))) : null)];
}

const linked = (text) => text.split(/(https?:\/\/\S+)/).map((part, at) => (at % 2 ? h("span.url", {}, part) : part));

// Where everything stands on paper is as the PDF has it; the numbers are in the style sheet.
function postcard(told) {
  return [
    h("figure", {}, h("div.paper.postcard.back", {}, ...message(told)), h("figcaption", {}, say("sc_back"))),
    h("figure", {}, h("div.paper.postcard.front", {}, h("p.stamp", {}, say("sc_stamp")), cells(told.to.postcode), ...address(told)), h("figcaption", {}, say("sc_front"))),
  ];
}

const letter = (told) => h("figure", {}, h("div.paper.letter", {}, h("p.postcode", {}, `〒${told.to.postcode}`), ...address(told), ...message(told)), h("figcaption", {}, say("sc_form_letter")));

function address(told) {
  return [
    h("p.to-address", {}, told.to.address), h("p.to-name", {}, say("sc_addressee", told.to)), h("div.barcode", { "aria-hidden": "true" }),
    h("div.sender", {}, [told.sender.shop, told.sender.postal_address, told.sender.contact].filter(Boolean).map((part) => h("p", {}, part))),
  ];
}

function message(told) {
  return [
    h("p.heading", {}, told.subject), h("div.body", {}, told.text),
    told.link ? h("div.code.lead", { role: "img", "aria-label": say("sc_qr") }) : null,
    told.refusable ? h("div.code.refuse", { role: "img", "aria-label": say("sc_qr_refuse") }) : null,
    h("div.foot", {}, [told.link && say("sc_foot_lead"), told.refusable && say("sc_foot_refuse"), told.sender.name, told.sender.postal_address, told.sender.contact].filter(Boolean).map((part) => h("p", {}, part))),
  ].filter(Boolean);
}

const cells = (postcode) => h("p.cells", { role: "img", "aria-label": `〒${postcode}` }, [...postcode.replace(/\D/g, "")].map((digit) => h("b", {}, digit)));

function slip(told) {
  return h("figure", {}, h("div.slip", {},
    h("p.heading", {}, say("sc_slip")),
    h("dl", {}, h("dt", {}, say("sc_slip_for")), h("dd", {}, say("sc_addressee", told.to)),
      h("dt", {}, say("sc_item")), h("dd", {}, h("b", {}, told.item ?? "—"))),
    paragraphs(told.text)), h("figcaption", {}, say("sc_way_insert")));
}
