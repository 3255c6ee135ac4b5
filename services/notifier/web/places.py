"""Places: the pages of the desk, and the right that each asks for."""

from dataclasses import dataclass

from services.notifier.rights import Right, Role, may


@dataclass(frozen=True, slots=True)
class Place:
    """A page; without a right it is for everyone who has logged in. Its name is the word `place_<key>`."""

    key: str
    path: str
    right: Right | None = None


PLACES = (
    Place("desk", "/", "desk"),
    Place("supervisor", "/supervisor", "supervise"),
    Place("duplicates", "/duplicates", "supervise"),
    Place("scenarios", "/scenarios", "market"),
    Place("effect", "/effect", "market"),
    Place("messages", "/messages", "market"),
    Place("batches", "/batches", "market"),
    Place("consents", "/consents", "market"),
    Place("status", "/status"),
    Place("integrations", "/integrations", "administer"),
    Place("accounts", "/accounts", "administer"),
    Place("audit", "/audit", "administer"),
)


def places_of(role: Role) -> list[Place]:
    return [place for place in PLACES if place.right is None or may(role, place.right)]
