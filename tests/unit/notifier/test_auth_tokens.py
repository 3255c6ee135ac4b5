"""Tokens and passwords, without a database."""

from argon2 import PasswordHasher

from services.notifier.auth import Passwords, csrf_fits, csrf_token


def test_a_csrf_token_fits_only_its_own_session() -> None:
    assert csrf_fits("session", csrf_token("session"))
    assert not csrf_fits("session", csrf_token("another"))
    assert not csrf_fits("session", None)
    assert not csrf_fits("session", "é")


async def test_a_password_fits_its_hash_and_nothing_fits_nobody() -> None:
    passwords = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
    stored = await passwords.hash("hikitome")
    assert await passwords.fits(stored, "hikitome")
    assert not await passwords.fits(stored, "Hikitome")
    assert not await passwords.fits(None, "hikitome")
    assert not await passwords.fits("no hash at all", "hikitome")
