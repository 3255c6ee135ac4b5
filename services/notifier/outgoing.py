"""Outgoing: messages, webhooks and the unsubscribe page, put together from the settings."""

from functools import partial

import structlog

from services.notifier.allowance import Allowance
from services.notifier.attempt import Attempts
from services.notifier.channels.base import Channel
from services.notifier.channels.line import Account, LineApi, LineChannel
from services.notifier.channels.mail import MailChannel, Server
from services.notifier.channels.mail_api import MailApiChannel, Provider
from services.notifier.channels.scenario_webhook import ScenarioWebhookChannel
from services.notifier.channels.webhook import Webhooks
from services.notifier.choice import Policy
from services.notifier.deliver import Deliveries
from services.notifier.dispatch import Dispatcher
from services.notifier.endpoints import target
from services.notifier.hooks import Hooks
from services.notifier.mailroom import room_of, trays_of
from services.notifier.routes import unsubscribe
from services.notifier.scenarios.decide import Rules
from services.notifier.scenarios.quiet import QuietHours
from services.notifier.settings import NotifierSettings
from services.notifier.writer import Writer
from shared.clock import Now, system_clock
from shared.events.action import Way
from shared.postgres.engine import AsyncEngine
from shared.process.health import Health

log = structlog.get_logger(__name__)


def make_dispatcher(
    engine: AsyncEngine, settings: NotifierSettings, clock: Now, health: Health
) -> Dispatcher:
    """Its loop is `dispatcher.run`; `clock` is business time."""
    sender = settings.sender()
    if not (sender.name and sender.postal_address and sender.contact):
        log.warning("no mail will leave: the law wants the sender's name, postal address and contact in it")
    quiet = QuietHours(settings.shop_zone(), settings.quiet_from, settings.quiet_until)
    channels: dict[Way, Channel] = {"mail": _mail(settings), "webhook": _webhook(engine, settings)}
    if settings.line_access_token is not None:
        channels["line"] = _line(engine, settings, settings.line_access_token.get_secret_value())
    trays = trays_of(settings, room_of(settings))
    writer = Writer(sender, settings.public_url, _secrets(settings)[0], settings.shop_zone())
    attempts = Attempts(engine, channels, trays, Policy(Rules(quiet), _costs(settings)), writer, clock)
    return Dispatcher(engine, attempts, clock, health=health)


def make_hooks(engine: AsyncEngine, settings: NotifierSettings, health: Health) -> Hooks:
    """Its loop is `hooks.run`."""
    webhooks = Webhooks(system_clock, settings.webhook_private_hosts)
    return Hooks(Deliveries(engine, webhooks, system_clock), health)


def unsubscribe_router(engine: AsyncEngine, settings: NotifierSettings, clock: Now) -> unsubscribe.Routes:
    return unsubscribe.router(engine, settings.sender(), _secrets(settings), clock)


def _mail(settings: NotifierSettings) -> Channel:
    """By the provider's API if there is one, else by SMTP."""
    if settings.mail_api_url is None:
        return MailChannel(_server(settings), settings.sender())
    key = settings.mail_api_key.get_secret_value() if settings.mail_api_key is not None else ""
    return MailApiChannel(Provider(settings.mail_api_url, key), settings.sender())


def _line(engine: AsyncEngine, settings: NotifierSettings, token: str) -> Channel:
    api = LineApi(Account(settings.line_api_url.rstrip("/"), token))
    return LineChannel(api, Allowance(engine, api, settings.line_reserve_percent, system_clock))


def _webhook(engine: AsyncEngine, settings: NotifierSettings) -> Channel:
    webhooks = Webhooks(system_clock, settings.webhook_private_hosts)
    return ScenarioWebhookChannel(webhooks, partial(target, engine, system_clock))


def _server(settings: NotifierSettings) -> Server:
    password = settings.smtp_password
    return Server(
        host=settings.smtp_host,
        port=settings.smtp_port,
        starttls=settings.smtp_starttls,
        username=settings.smtp_username,
        password=password.get_secret_value() if password is not None else None,
    )


def _costs(settings: NotifierSettings) -> dict[str, int]:
    """In the currency's minor unit, which a yen is itself."""
    costs = {
        "mail": settings.cost_mail,
        "line": settings.cost_line,
        "postcard": settings.cost_postcard,
        "letter": settings.cost_letter,
        "insert": settings.cost_insert,
    }
    return {what: round(cost) for what, cost in costs.items()}


def _secrets(settings: NotifierSettings) -> list[bytes]:
    """The first signs; links signed with the others still work."""
    return [secret.get_secret_value().encode() for secret in settings.unsubscribe_secrets]
