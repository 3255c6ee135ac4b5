// Talk: what to say for the top reason, from the greeting to the end; and what never to say.

import { h, say, shell } from "./shell.js";

const STEPS = ["greeting", "opening", "proposal", "refused", "closing"];

// `persuasion` says how often one may propose something: "open", "one" time, or "none".
export function talk(alert, script, persuasion) {
  const found = script ?? known(alert);
  return [
    h("h3", {}, say("script")),
    persuasion === "one" || persuasion === "none" ? h(`p.persuasion.${persuasion}`, {}, say(`persuasion_${persuasion}`)) : null,
    h("div.script", {},
      h("dl", {}, STEPS.filter((step) => found[step]).map((step) => h(`div.say-${step}`, {}, h("dt", {}, say(`script_${step}`)), h("dd", {}, found[step])))),
      h("p.never", {}, h("b", {}, say("script_never")), found.never)),
  ];
}

// Until the server has told the whole of it: what the page knows from its start.
function known(alert) {
  const ofReason = alert.reasons.map((reason) => shell.scripts?.[reason.code]).find(Boolean);
  return shell.kind_scripts?.[alert.kind] ?? ofReason ?? shell.scripts?.[""] ?? { never: "" };
}
