// Transfer: the card goes to a colleague, with a word about why.

import { call } from "./server.js";
import { h, say, shell } from "./shell.js";

export async function openTransfer(act) {
  const to = h("select", { id: "transfer-to", required: true }, h("option", { value: "" }, say("loading")));
  const note = h("input", { id: "transfer-note", maxlength: 2000 });
  const problem = h("p.problem", { role: "alert", hidden: true });
  const submit = h("button.primary", { id: "transfer-send", disabled: true }, say("transfer_send"));
  const send = async (event) => {
    event.preventDefault();
    if (submit.disabled || !to.value) return;
    submit.disabled = true;
    const answer = await act("transfer", { to: to.value, note: note.value.trim() || undefined });
    if (answer?.status === 200 || answer?.status === 409) return dialog.close();
    submit.disabled = problem.hidden = false;
    problem.textContent = say(answer?.status === 422 ? "problem_transfer" : "problem_network");
  };
  const dialog = h("dialog.taking", { id: "transfer-dialog", "aria-labelledby": "transfer-title", onclose: () => dialog.remove() },
    h("form", { onsubmit: send },
      h("h2", { id: "transfer-title" }, say("transfer")),
      h("div.field", {}, h("label", { for: "transfer-to" }, say("transfer_to")), to),
      h("div.field", {}, h("label", { for: "transfer-note" }, say("transfer_note")), note),
      problem,
      h("div.buttons", {}, h("button.quiet", { type: "button", onclick: () => dialog.close() }, say("back"), h("kbd", {}, "Esc")), submit)));
  document.body.append(dialog);
  dialog.showModal();
  const { status, content } = await call("GET", "/api/agents");
  const others = status === 200 ? content.agents.filter((one) => one.login !== shell.login).sort((a, b) => Number(b.here) - Number(a.here)) : [];
  to.replaceChildren(...(others.length ? others.map((one) => h("option", { value: one.login }, one.here ? say("agent_here", { name: one.name }) : one.name)) : [h("option", { value: "" }, say("transfer_nobody"))]));
  submit.disabled = others.length === 0;
}
