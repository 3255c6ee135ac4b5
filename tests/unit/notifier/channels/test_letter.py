"""The letter: what a mail program reads, and what is never sent."""

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from email.utils import getaddresses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.notifier.channels.base import Message
from services.notifier.channels.letter import Unsendable, as_data, compose, mailbox, says_who_sends_it
from services.notifier.templates.occasion import Sender

SENDER = Sender(
    shop_name="みどり茶房",
    name="みどり茶房株式会社 お客様窓口",
    mail="shop@midori.example",
    postal_address="東京都千代田区丸の内1-1-1 <本社>",
    contact="0120-000-000",
    account_url="",
)
URL = "https://desk.midori.example/unsubscribe/" + "a1B2c3" * 30 + ".mac"
FOOTER = f"{SENDER.name} {SENDER.postal_address} {SENDER.contact} {URL}"
MESSAGE = Message(
    action="8d7a3f0e-7a4b-5c1d-9e2f-000000000001",
    key="<8d7a3f0e-7a4b-5c1d-9e2f-000000000001@midori.example>",
    address="hanako@example.jp",
    name="山田 花子",
    subject="お届けのペースはいかがですか、お届け間隔の変更も承ります｜みどり茶房",
    text=f"山田 花子 様\n\n.点で始まる行\n{FOOTER}\n",
    html=f"<p>山田 花子 様</p>{FOOTER.replace('<', '&lt;').replace('>', '&gt;')}",
    unsubscribe_url=URL,
    at=datetime(2026, 3, 10, 3, 0, tzinfo=UTC),
)


def read(letter: bytes) -> EmailMessage:
    parsed = message_from_bytes(letter, policy=default)
    assert isinstance(parsed, EmailMessage)
    return parsed


def raw_header(letter: bytes, name: str) -> str:
    """The header's own line, folds and all."""
    lines = letter.decode("ascii").split("\r\n")
    at = next(number for number, line in enumerate(lines) if line.startswith(f"{name}:"))
    end = next(number for number in range(at + 1, len(lines)) if not lines[number].startswith((" ", "\t")))
    return "\n".join(lines[at:end])


def test_a_letter_carries_its_headers() -> None:
    mail = read(compose(MESSAGE, SENDER))
    assert mail["From"] == "みどり茶房株式会社 お客様窓口 <shop@midori.example>"
    assert mail["To"] == "山田 花子 <hanako@example.jp>"
    assert mail["Subject"] == MESSAGE.subject
    assert mail["Message-ID"] == MESSAGE.key
    assert mail["X-Hikitome-Action"] == MESSAGE.action
    assert mail["Date"].datetime == MESSAGE.at
    assert mail["MIME-Version"] == "1.0"


def test_one_click_unsubscribing_survives_a_long_link_in_one_piece() -> None:
    letter = compose(MESSAGE, SENDER)
    assert raw_header(letter, "List-Unsubscribe") == f"List-Unsubscribe: <{URL}>"
    assert raw_header(letter, "List-Unsubscribe-Post") == "List-Unsubscribe-Post: List-Unsubscribe=One-Click"
    assert raw_header(letter, "Message-ID") == f"Message-ID: {MESSAGE.key}"


def test_a_letter_has_both_parts_whole() -> None:
    mail = read(compose(MESSAGE, SENDER))
    text, html = mail.get_body(("plain",)), mail.get_body(("html",))
    assert text is not None
    assert html is not None
    assert text.get_content().replace("\r\n", "\n") == MESSAGE.text
    assert html.get_content().rstrip() == MESSAGE.html
    assert mail.get_content_type() == "multipart/alternative"


def test_a_letter_is_fit_for_any_server() -> None:
    letter = compose(MESSAGE, SENDER)
    assert letter.isascii()
    assert letter.endswith(b"\r\n")
    assert b"\n" not in letter.replace(b"\r\n", b"")
    assert max(len(line) for line in letter.split(b"\r\n")) <= 998


def test_the_same_action_makes_the_same_message_id_and_only_that_action() -> None:
    assert read(compose(MESSAGE, SENDER))["Message-ID"] == read(compose(MESSAGE, SENDER))["Message-ID"]


@pytest.mark.parametrize("missing", [SENDER.name, SENDER.postal_address, SENDER.contact, URL])
def test_a_letter_that_does_not_say_who_sends_it_is_not_sent(missing: str) -> None:
    silent = replace(MESSAGE, text=MESSAGE.text.replace(missing, ""))
    with pytest.raises(Unsendable, match="no_sender_identification"):
        compose(silent, SENDER)
    assert not says_who_sends_it(replace(MESSAGE, html="<p></p>"), SENDER)


@pytest.mark.parametrize("unset", ["name", "postal_address", "contact"])
def test_a_sender_who_is_not_set_up_sends_nothing(unset: str) -> None:
    with pytest.raises(Unsendable, match="no_sender_identification"):
        compose(MESSAGE, replace(SENDER, **{unset: " "}))


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_a_line_break_smuggles_no_header(end: str) -> None:
    evil = f"花子{end}Bcc: everybody@example.com"
    for message in (
        replace(MESSAGE, name=evil),
        replace(MESSAGE, address=f"a@example.jp{end}Bcc: b@example.jp"),
        replace(MESSAGE, subject=evil),
        replace(MESSAGE, key=f"<a@b>{end}Bcc: b@example.jp"),
    ):
        with pytest.raises(Unsendable, match="bad_"):
            compose(message, SENDER)


@pytest.mark.parametrize(
    "url", ["https://x.example/>,<mailto:y", "https://x.example/ y", "https://例.example/"]
)
def test_a_link_that_would_break_its_header_is_not_sent(url: str) -> None:
    message = replace(MESSAGE, unsubscribe_url=url, text=MESSAGE.text + url, html=MESSAGE.html + url)
    with pytest.raises(Unsendable):
        compose(message, SENDER)


@pytest.mark.parametrize(
    "address",
    ["", "nobody", "a b@example.jp", "a@", "@b", "<>", "a@b, c@d", "花子@example.jp", "<a@b.jp>", "a@b@c.jp"],
)
def test_what_is_no_address_is_not_sent(address: str) -> None:
    with pytest.raises(Unsendable, match="bad_address"):
        compose(replace(MESSAGE, address=address), SENDER)


@pytest.mark.parametrize("local", ["a..b", "a.", ".a", "a.b..c."])
def test_a_carriers_odd_address_is_put_in_quotes(local: str) -> None:
    address = f"{local}@docomo.ne.jp"
    assert mailbox(address) == f'"{local}"@docomo.ne.jp'
    mail = read(compose(replace(MESSAGE, address=address), SENDER))
    assert mail["To"].addresses[0].username == local


def test_no_line_of_a_letter_can_end_it_early() -> None:
    assert as_data(b"a\r\n.\r\n..b\r\nc.\r\n") == b"a\r\n..\r\n...b\r\nc.\r\n.\r\n"
    assert as_data(b".\r\n") == b"..\r\n.\r\n"


@given(st.text(max_size=60))
def test_no_name_whatever_adds_a_recipient_or_a_header(name: str) -> None:
    try:
        letter = compose(replace(MESSAGE, name=name), SENDER)
    except Unsendable:
        return
    mail = read(letter)
    assert [address for _, address in getaddresses(mail.get_all("To", []))] == [MESSAGE.address]
    assert mail["Bcc"] is None
    assert set(mail.keys()) == set(read(compose(MESSAGE, SENDER)).keys())


def test_a_message_of_service_needs_no_way_to_refuse_but_still_says_who_sends_it() -> None:
    text, html = MESSAGE.text.replace(URL, ""), MESSAGE.html.replace(URL, "")
    service = replace(MESSAGE, purpose="service", unsubscribe_url="", text=text, html=html)
    mail = read(compose(service, SENDER))
    assert mail["List-Unsubscribe"] is None
    assert mail["List-Unsubscribe-Post"] is None
    with pytest.raises(Unsendable, match="no_sender_identification"):
        compose(replace(service, text=""), SENDER)
    with pytest.raises(Unsendable, match="no_sender_identification"):
        compose(replace(service, purpose="marketing"), SENDER)
