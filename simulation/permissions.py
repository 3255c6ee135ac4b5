"""What a new customer agrees to beside mails, and the shop's form tells us: post, LINE, and the birthday."""

from datetime import datetime
from random import Random

from simulation.contract import Profile
from simulation.habits import Act, Visit, leanings
from simulation.payloads.parts import Body
from simulation.things import Person
from simulation.visits import told
from simulation.webhook import Webhook

AGREES_TO_POST = 0.8
TELLS_BIRTHDAY = 0.6
POST_WORDING = "当店からのお知らせを郵便で受け取る"
LINE_WORDING = "公式アカウントを友だち追加し、お知らせを受け取る"
_DAYS_OF_MONTH = 28


def permissions(seed: int, number: int, profile: Profile, person: Person, at: datetime) -> Webhook | None:
    """One message of the shop's own form, or none; drawn apart, so that nothing else depends on it."""
    draw = Random(f"{seed}/{number}/permissions")
    follows = leanings(profile, Random(f"{seed}/{number}/habits")).follows_line
    acts: list[Act] = []
    if draw.random() < AGREES_TO_POST:
        acts.append(_granted("postal_dm", POST_WORDING))
    birthday = _birthday(draw) if draw.random() < TELLS_BIRTHDAY else None
    line = f"U{draw.getrandbits(128):032x}" if follows else None
    if line or birthday:
        acts.append(Act("contact.changed", _contact(person, line, birthday)))
    if line:
        acts.append(_granted("line", LINE_WORDING))
    visit: Visit = tuple(acts)
    return told(person.customer_id, visit, at, draw) if visit else None


def _granted(channel: str, wording: str) -> Act:
    return Act("consent.granted", {"channel": channel, "wording": wording})


def _birthday(draw: Random) -> str:
    """MM-DD."""
    return f"{draw.randint(1, 12):02d}-{draw.randint(1, _DAYS_OF_MONTH):02d}"


def _contact(person: Person, line: str | None, birthday: str | None) -> Body:
    """Whole, as the cart tells it too: what is left out would be gone."""
    known = {
        "name": person.name,
        "mail": person.mail,
        "phone": person.phone,
        "postcode": person.postcode,
        "prefecture": person.prefecture,
        "address": " ".join(part for part in (f"{person.city}{person.address1}", person.address2) if part),
        "line": line,
        "birthday": birthday,
    }
    return {key: value for key, value in known.items() if value}
