"""The notifier's settings: the desk, its agents, and how messages leave."""

from datetime import time, timedelta
from pathlib import Path
from typing import Self
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from services.notifier.offers.file import read as read_offers
from services.notifier.offers.offer import SHIPPED, Catalogue
from services.notifier.rights import Role
from services.notifier.scenarios.calling import CallingHours, Calls
from services.notifier.templates.occasion import Sender
from shared.process.settings import CommonSettings


class AgentAccount(BaseModel):
    """One person who may log in at the desk; `active` false shuts the account and ends its sessions."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    login: str = Field(min_length=1, max_length=80)
    name: str = Field(min_length=1, max_length=80)
    password: SecretStr = Field(min_length=8)
    role: Role = "agent"
    active: bool = True


class NotifierSettings(CommonSettings):
    """Read once, in `__main__`."""

    port: int = Field(8703, description="Port of the desk.")
    admin_port: int = Field(8713, description="Port of /healthz, /readyz and /metrics.")
    migrate_on_start: bool = Field(False, description="Bring the schema up to date before anything else.")

    shop_name: str = Field("Hikitome", description="The shop's name, on the desk and in messages.")
    zone: str = Field(
        "Asia/Tokyo", description="The shop's time zone: countdowns, quiet hours, what 'today' is."
    )

    desk_agents: tuple[AgentAccount, ...] = Field(
        (),
        description="Accounts as a JSON list of {login, name, password, role, active}; kept so at start.",
    )
    secure_cookies: bool = Field(False, description="On wherever the desk is reached over HTTPS.")
    lease_minutes: int = Field(
        15, gt=0, description="How long a claimed alert stays with its agent, in real time."
    )
    desk_url: str = Field(
        "http://127.0.0.1:8703",
        description="The desk as agents reach it: where a provider sends them back.",
    )
    oidc_issuer: str | None = Field(None, description="OpenID provider to log in by, if any.")
    oidc_client_id: str = Field("hikitome", description="How the provider knows the desk.")
    oidc_client_secret: SecretStr | None = Field(None, description="The desk's secret at the provider.")
    oidc_label: str = Field("SSO", description="The provider's name on the log-in page.")
    oidc_role_claim: str = Field("groups", description="Claim of the id token that holds a person's groups.")
    oidc_roles: dict[str, Role] = Field(
        {}, description="Role of each group, as JSON; who is in none of them may not enter."
    )
    sla_minutes: int = Field(60, gt=0, description="Real minutes within which an alert ought to be taken.")
    calls_from: time = Field(time(9, 0), description="Calls are made from this time of the shop's day …")
    calls_until: time = Field(time(20, 0), description="… to this one.")
    calls_on_holidays: bool = Field(False, description="Whether to call on Sundays and public holidays.")
    call_attempts: int = Field(3, ge=1, description="Calls that nobody answers before an alert is given up.")
    call_again_minutes: int = Field(
        180, gt=0, description="Real minutes until an unanswered call is repeated."
    )
    offers_file: Path | None = Field(
        None, description="TOML file of what agents may offer; without one, what needs no budget."
    )
    history_days: int = Field(
        1100, gt=0, description="Days for which is kept what a customer's card tells of the past."
    )
    webhook_private_hosts: bool = Field(
        False, description="Whether outgoing webhooks may go to private addresses of one's own network."
    )
    api_per_second: float = Field(
        20.0, gt=0, description="Requests a second of each program, at /api/v1 of each replica."
    )
    status_sources: dict[str, str] = Field(
        {}, description="Address of each service's /metrics, as JSON, for the status page."
    )
    mails_url: str | None = Field(None, description="Page of a local mail catcher, linked from the desk.")

    smtp_host: str = Field("127.0.0.1", description="Mail server.")
    smtp_port: int = Field(8725, description="Its port.")
    smtp_starttls: bool = Field(
        False, description="Ask for TLS before anything else; refuse to send without."
    )
    smtp_username: str | None = Field(None, description="Name at the mail server.")
    smtp_password: SecretStr | None = Field(None, description="Password at the mail server.")
    mail_from_name: str = Field("Hikitome", description="Sender's name in mails.")
    mail_from_address: str = Field("shop@hikitome.example", description="Sender's address in mails.")
    sender_postal_address: str = Field(
        "", description="The sender's postal address, which the law wants in mails."
    )
    sender_contact: str = Field("", description="Where to complain or ask, which the law wants in mails.")
    unsubscribe_secrets: tuple[SecretStr, ...] = Field(
        min_length=1,
        description="Keys of the links in mails, as a JSON list: the first signs, the others still count.",
    )
    account_url: str = Field("", description="The customers' own page at the shop, linked from mails.")
    mail_api_url: str | None = Field(
        None, description="A mail provider's HTTP API (Resend's), instead of SMTP."
    )
    mail_api_key: SecretStr | None = Field(None, description="Key at that provider.")
    mail_events_secret: SecretStr | None = Field(
        None, description="What the provider signs bounces and complaints with."
    )
    line_api_url: str = Field("https://api.line.me", description="LINE's Messaging API.")
    line_access_token: SecretStr | None = Field(
        None, description="Channel access token; without one nothing goes out by LINE."
    )
    line_channel_secret: SecretStr | None = Field(None, description="What LINE signs its webhooks with.")
    line_reserve_percent: float = Field(
        10.0, ge=0, le=100, description="Share of LINE's monthly quota that is kept for the highest risks."
    )
    print_folder: Path | None = Field(
        None, description="Folder where the print house takes batches; without one no postal DM goes out."
    )
    insert_folder: Path | None = Field(
        None, description="Folder where the warehouse takes packing instructions (同梱)."
    )
    post_cut_off: time = Field(time(15, 0), description="When a working day's postal batch is closed.")
    font_file: Path | None = Field(
        None,
        description="TrueType font for postcards; without one, one of the machine's is taken.",
    )
    public_url: str = Field(
        "http://127.0.0.1:8703",
        description="The desk as customers reach it: links in messages, QR codes, /unsubscribe and /go.",
    )
    never_contact_pepper: SecretStr | None = Field(
        None,
        description="Key of the hashes on the never-contact list; without one, the first unsubscribe secret.",
    )
    scenarios_on: tuple[str, ...] = Field(
        ("churn_warning", "payment_failed"),
        description="Keys of the shipped scenarios that are on when they are first seen, as a JSON list.",
    )
    cost_mail: float = Field(0.2, ge=0, description="Cost of one mail, in the currency's main unit.")
    cost_line: float = Field(3.0, ge=0, description="Cost of one LINE message.")
    cost_postcard: float = Field(110.0, ge=0, description="Cost of one postcard, printed and stamped.")
    cost_letter: float = Field(190.0, ge=0, description="Cost of one letter.")
    cost_insert: float = Field(60.0, ge=0, description="Cost of what is put into a parcel.")
    cost_call: float = Field(350.0, ge=0, description="Cost of one call at the desk.")
    gross_margin_percent: float = Field(
        60.0, ge=0, le=100, description="Gross profit of a sale, for the effect of scenarios."
    )
    quiet_from: time = Field(
        time(21, 0), description="No message goes out after this time of the shop's day …"
    )
    quiet_until: time = Field(time(8, 0), description="… and before this one.")
    holdout_percent: float = Field(
        5.0, ge=0, le=100, description="Share left alone by the shipped scenarios when they are first seen."
    )

    @model_validator(mode="after")
    def _known(self) -> Self:
        ZoneInfo(self.zone)
        if self.calls_from >= self.calls_until:
            raise ValueError("calls_from must be before calls_until")
        if (self.smtp_username is None) != (self.smtp_password is None):
            raise ValueError("smtp_username and smtp_password belong together: set both or neither")
        if self.oidc_issuer is not None:
            self._can_be_trusted(urlsplit(self.oidc_issuer))
        self.catalogue()
        return self

    def _can_be_trusted(self, issuer: SplitResult) -> None:
        if issuer.scheme != "https" and issuer.hostname not in ("127.0.0.1", "localhost"):
            raise ValueError("oidc_issuer must be an https address")
        if not self.oidc_roles:
            raise ValueError("oidc_roles is empty: nobody could enter through oidc_issuer")

    def lease(self) -> timedelta:
        return timedelta(minutes=self.lease_minutes)

    def history(self) -> timedelta:
        return timedelta(days=self.history_days)

    def never_key(self) -> bytes:
        """Key of the never-contact list: whoever changes it loses what is on it."""
        return (self.never_contact_pepper or self.unsubscribe_secrets[0]).get_secret_value().encode()

    def sender(self) -> Sender:
        """Who writes to customers."""
        return Sender(
            shop_name=self.shop_name,
            name=self.mail_from_name,
            mail=self.mail_from_address,
            postal_address=self.sender_postal_address,
            contact=self.sender_contact,
            account_url=self.account_url,
        )

    def shop_zone(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    def calls(self) -> Calls:
        hours = CallingHours(self.shop_zone(), self.calls_from, self.calls_until, self.calls_on_holidays)
        return Calls(hours, self.call_attempts, timedelta(minutes=self.call_again_minutes))

    def catalogue(self) -> Catalogue:
        """What agents may offer; read anew each time.

        :raises ValueError: if the file can't be read, or says something that makes no sense.
        """
        if self.offers_file is None:
            return SHIPPED
        try:
            return read_offers(self.offers_file.read_text(encoding="utf-8"))
        except OSError as error:
            raise ValueError(f"the offers file can't be read: {error.strerror}") from error
