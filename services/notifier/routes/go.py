"""/go/...: links in messages: counted, then sent on to the shop; and the answers to surveys.

Mail programs and virus scanners open links too: what does not look like a person is sent on uncounted, and no
answer is recorded before somebody presses the button.
"""

from collections.abc import Mapping, Sequence

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from services.notifier import heard
from services.notifier.pace import Pace
from services.notifier.routes.ground import Ground
from services.notifier.routes.unsubscribe import HEADERS
from services.notifier.scenarios.link import Target, ToAnswer, ToPage, ToSurvey, read, sign
from services.notifier.templates.render import Templates
from shared.clock import monotonic
from shared.postgres.engine import transaction
from shared.process import metrics

# Of one message: a family on one account is slower than this.
_PER_SECOND, _AT_ONCE = 0.5, 20
_AHEAD = ("sec-purpose", "purpose", "x-purpose", "x-moz")
_MACHINES = ("bot", "crawl", "spider", "scan", "preview", "monitor", "python", "curl", "wget", "headless")


def router(ground: Ground) -> APIRouter:
    """Any of the secrets may have signed a link; it needs no session and no CSRF token."""
    routes, gate = APIRouter(), _Gate(ground)

    @routes.api_route("/go/{token}", methods=["GET", "HEAD"], include_in_schema=False)
    async def follow(token: str, request: Request) -> Response:
        match gate.read(token):
            case ToPage() as target:
                await gate.count(target, request)
                return RedirectResponse(target.url, 302, HEADERS)
            case ToAnswer(label=label):
                return gate.page("ask", label)
            case ToSurvey() as target:
                return await gate.choices(target)
            case None:
                metrics.links_followed.labels("unknown").inc()
                return gate.page("unreadable", status=404)

    @routes.post("/go/{token}")
    async def answer(token: str) -> Response:
        match gate.read(token):
            case ToAnswer() as target:
                return await gate.answer(target)
            case _:
                return gate.page("unreadable", status=404)

    return routes


class _Gate:
    """The keys of the links, the pace of each message, and the page of the answers."""

    def __init__(self, ground: Ground) -> None:
        self._ground, self._pace, self._templates = ground, Pace(_PER_SECOND, _AT_ONCE), Templates()
        self._secrets = [one.get_secret_value().encode() for one in ground.settings.unsubscribe_secrets]
        self._shop = {"shop_name": ground.settings.shop_name, "contact": ground.settings.sender_contact}

    def read(self, token: str) -> Target | None:
        return read(self._secrets, token)

    async def count(self, target: ToPage, request: Request) -> None:
        """Only what a person does, and no more of one message than a person can do."""
        if not is_person(request.method, request.headers):
            metrics.links_followed.labels("machine").inc()
        elif not self._pace.take(target.action, monotonic()):
            metrics.links_followed.labels("person").inc()
            async with transaction(self._ground.engine) as connection:
                await heard.click(connection, target, self._ground.moments())

    async def choices(self, target: ToSurvey) -> Response:
        """Each button posts to the link of its own answer."""
        async with transaction(self._ground.engine) as connection:
            replies = await heard.choices(connection, target)
        if not replies:
            return self.page("unreadable", status=404)
        answers = [ToAnswer(target.action, target.survey, one.answer, one.label) for one in replies]
        return self.page("choose", choices=[(sign(self._secrets[0], one), one.label) for one in answers])

    async def answer(self, target: ToAnswer) -> Response:
        if self._pace.take(target.action, monotonic()):
            return self.page("busy", status=429)
        async with transaction(self._ground.engine) as connection:
            await heard.answer(connection, target, self._ground.moments())
        return self.page("done", target.label)

    def page(
        self, state: str, label: str = "", status: int = 200, choices: Sequence[tuple[str, str]] = ()
    ) -> Response:
        """It holds nothing of the customer; `choices` are the token and the label of each answer."""
        told = {**self._shop, "state": state, "label": label, "choices": choices}
        return HTMLResponse(self._templates.page("answer.html", told), status, HEADERS)


def is_person(method: str, headers: Mapping[str, str]) -> bool:
    """As far as can be told: neither a look ahead nor a program that says what it is."""
    if method != "GET" or any(headers.get(name) for name in _AHEAD):
        return False
    if headers.get("sec-fetch-mode", "navigate") != "navigate":
        return False
    agent = headers.get("user-agent", "").lower()
    return bool(agent) and not any(word in agent for word in _MACHINES)
