"""The notifier's settings: the desk, its agents, and how messages leave."""

from datetime import time, timedelta
from typing import Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from shared.process.settings import CommonSettings


class AgentAccount(BaseModel):
    """One person who may log in at the desk; `active` false shuts the account and ends its sessions."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    login: str = Field(min_length=1, max_length=80)
    name: str = Field(min_length=1, max_length=80)
    password: SecretStr = Field(min_length=8)
    role: Literal["agent", "supervisor"] = "agent"
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
    unsubscribe_base_url: str = Field(
        "http://127.0.0.1:8703",
        description="Address before /unsubscribe/... in mails; the desk as customers see it.",
    )
    unsubscribe_secrets: tuple[SecretStr, ...] = Field(
        min_length=1,
        description="Keys of the links in mails, as a JSON list: the first signs, the others still count.",
    )
    account_url: str = Field("", description="The customers' own page at the shop, linked from mails.")
    quiet_from: time = Field(
        time(21, 0), description="No message goes out after this time of the shop's day …"
    )
    quiet_until: time = Field(time(8, 0), description="… and before this one.")
    holdout_percent: float = Field(
        5.0, ge=0, le=100, description="Share of customers left alone, to measure against."
    )

    @model_validator(mode="after")
    def _known(self) -> Self:
        ZoneInfo(self.zone)
        if (self.smtp_username is None) != (self.smtp_password is None):
            raise ValueError("smtp_username and smtp_password belong together: set both or neither")
        return self

    def lease(self) -> timedelta:
        return timedelta(minutes=self.lease_minutes)

    def shop_zone(self) -> ZoneInfo:
        return ZoneInfo(self.zone)
