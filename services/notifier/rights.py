"""Rights: what each role may do at the desk and behind it."""

from typing import Literal

Role = Literal["agent", "supervisor", "marketer", "admin"]
Right = Literal["desk", "supervise", "market", "administer"]

RIGHTS: dict[Role, frozenset[Right]] = {
    "agent": frozenset({"desk"}),
    "supervisor": frozenset({"desk", "supervise"}),
    "marketer": frozenset({"market"}),
    "admin": frozenset({"desk", "supervise", "market", "administer"}),
}


def may(role: Role, right: Right) -> bool:
    return right in RIGHTS[role]


def roles_that_may(right: Right) -> list[Role]:
    return [role for role in RIGHTS if may(role, right)]
