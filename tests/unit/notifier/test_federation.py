"""Groups and roles, without a provider."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.notifier.accounts import made_password, strong
from services.notifier.federation import role_of
from services.notifier.rights import Role
from services.notifier.settings import NotifierSettings

ROLES: dict[str, Role] = {"leads": "supervisor", "desk": "agent"}


def test_the_first_group_in_the_order_of_the_settings_counts() -> None:
    assert role_of(("desk", "leads"), ROLES) == "supervisor"
    assert role_of(("desk", "leads"), dict(reversed(ROLES.items()))) == "agent"


@given(st.lists(st.text().filter(lambda group: group not in ROLES)))
def test_who_is_in_no_group_has_no_role(groups: list[str]) -> None:
    assert role_of(tuple(groups), ROLES) is None


def test_a_made_password_is_strong_and_never_the_same() -> None:
    made = {made_password() for _ in range(100)}
    assert len(made) == 100
    assert all(strong(password, "hanako") for password in made)


def test_a_short_password_or_the_log_in_itself_is_weak() -> None:
    assert not strong("123456789", "hanako")
    assert not strong("Hanako.Sato", "hanako.sato")
    assert strong("correct horse", "hanako")


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"oidc_issuer": "http://id.example"}, "https"),
        ({"oidc_issuer": "id.example"}, "https"),
        ({"oidc_issuer": "https://id.example", "oidc_roles": {}}, "nobody could enter"),
        ({"oidc_issuer": "https://id.example", "oidc_roles": {"desk": "owner"}}, "oidc_roles"),
    ],
)
def test_a_provider_that_could_let_nobody_in_or_not_be_trusted_is_refused_at_the_start(
    changes: dict[str, object], problem: str
) -> None:
    settings = {"unsubscribe_secrets": ["s" * 32], "postgres_dsn": "postgresql://db/hikitome"}
    with pytest.raises(ValidationError, match=problem):
        NotifierSettings.model_validate({**settings, "oidc_roles": ROLES, **changes})
