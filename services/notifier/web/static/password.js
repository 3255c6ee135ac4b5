// Password: everybody chooses a password of one's own.

import { $, complain, toast } from "./office.js";
import { call } from "./server.js";
import { say, shell } from "./shell.js";

async function choose(event) {
  event.preventDefault();
  if ($("new").value !== $("again").value) return complain($("problem"), say("password_differs"));
  const { status, content } = await call("POST", "/api/session/password", { old: $("old").value, new: $("new").value });
  if (status !== 204) return complain($("problem"), problemOf(content.problem));
  complain($("problem"));
  event.target.reset();
  toast(say("password_done"), "good");
  if (shell.must_change) location.assign("/");
}

function problemOf(problem) {
  return `password_${problem}` in shell.words ? say(`password_${problem}`) : say("problem_network");
}

$("must").hidden = !shell.must_change;
$("password-form").addEventListener("submit", choose);
