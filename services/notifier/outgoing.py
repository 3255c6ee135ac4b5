"""Outgoing: messages, webhooks and the unsubscribe page, put together from the settings."""

import structlog

from services.notifier.attempt import Attempts, Policy
from services.notifier.channels.mail import MailChannel, Server
from services.notifier.channels.webhook import Webhooks
from services.notifier.deliver import Deliveries
from services.notifier.dispatch import Dispatcher
from services.notifier.hooks import Hooks
from services.notifier.routes import unsubscribe
from services.notifier.scenarios.decide import Rules
from services.notifier.scenarios.quiet import QuietHours
from services.notifier.scenarios.shipped import SCENARIOS, with_holdout
from services.notifier.settings import NotifierSettings
from services.notifier.templates.render import Sender
from services.notifier.writer import Writer
from shared.clock import Now, system_clock
from shared.postgres.engine import AsyncEngine
from shared.process.health import Health

log = structlog.get_logger(__name__)


def make_dispatcher(
    engine: AsyncEngine, settings: NotifierSettings, clock: Now, health: Health
) -> Dispatcher:
    """Its loop is `dispatcher.run`; `clock` is business time."""
    sender = sender_of(settings)
    if not (sender.name and sender.postal_address and sender.contact):
        log.warning("no mail will leave: the law wants the sender's name, postal address and contact in it")
    quiet = QuietHours(settings.shop_zone(), settings.quiet_from, settings.quiet_until)
    policy = Policy(with_holdout(SCENARIOS, settings.holdout_percent), Rules(quiet))
    mail = MailChannel(_server(settings), sender)
    writer = Writer(sender, settings.unsubscribe_base_url, _secrets(settings)[0])
    return Dispatcher(engine, Attempts(engine, {"mail": mail}, policy, writer, clock), clock, health=health)


def make_hooks(engine: AsyncEngine, settings: NotifierSettings, health: Health) -> Hooks:
    """Its loop is `hooks.run`."""
    webhooks = Webhooks(system_clock, settings.webhook_private_hosts)
    return Hooks(Deliveries(engine, webhooks, system_clock), health)


def unsubscribe_router(engine: AsyncEngine, settings: NotifierSettings, clock: Now) -> unsubscribe.Routes:
    return unsubscribe.router(engine, sender_of(settings), _secrets(settings), clock)


def sender_of(settings: NotifierSettings) -> Sender:
    return Sender(
        shop_name=settings.shop_name,
        name=settings.mail_from_name,
        mail=settings.mail_from_address,
        postal_address=settings.sender_postal_address,
        contact=settings.sender_contact,
        account_url=settings.account_url,
    )


def _server(settings: NotifierSettings) -> Server:
    password = settings.smtp_password
    return Server(
        host=settings.smtp_host,
        port=settings.smtp_port,
        starttls=settings.smtp_starttls,
        username=settings.smtp_username,
        password=password.get_secret_value() if password is not None else None,
    )


def _secrets(settings: NotifierSettings) -> list[bytes]:
    """The first signs; links signed with the others still work."""
    return [secret.get_secret_value().encode() for secret in settings.unsubscribe_secrets]
