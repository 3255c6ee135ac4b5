"""The shops file: checked with clear words, read again when it changes, kept when the change is broken."""

from pathlib import Path

import pytest

from services.ingest.shops import InvalidShopsFile, Sender, ShopsFile, read_shops
from shared.process.metrics import ingest_shops_file_errors

GOOD = """
[[shops]]
id = "kirei"

[[shops.carts]]
cart = "shopify"
secrets = ["${KIREI_SECRET}", "the-old-one"]

[[shops.carts]]
cart = "standard"
secrets = ["whsec_MDEyMw"]
"""
ENVIRONMENT = {"KIREI_SECRET": "the-new-one", "EMPTY": ""}


KEY = "a-key-of-forty-characters-0123456789abcd"


def events(entry: str) -> str:
    return f"\n[shops.events]\n{entry}\n"


def with_pepper(pepper: str) -> str:
    return GOOD.replace('id = "kirei"', f'id = "kirei"\npepper = "{pepper}"')


class HandClock:
    """Seconds that pass when the test says so."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "shops.toml"
    file.write_text(GOOD)
    return file


@pytest.fixture
def clock() -> HandClock:
    return HandClock()


@pytest.fixture
def shops(path: Path, clock: HandClock) -> ShopsFile:
    return ShopsFile(path, ENVIRONMENT, clock)


def shopify_secrets(shops: ShopsFile) -> tuple[bytes, ...]:
    account = shops.account("kirei", "shopify")
    assert account is not None
    return account.secrets


def refused() -> float:
    (metric,) = ingest_shops_file_errors.collect()
    return next(sample.value for sample in metric.samples if sample.name.endswith("_total"))


def test_secrets_come_from_the_file_or_from_the_environment(shops: ShopsFile) -> None:
    assert shopify_secrets(shops) == (b"the-new-one", b"the-old-one")


def test_each_cart_reads_its_secrets_in_its_own_way(shops: ShopsFile) -> None:
    account = shops.account("kirei", "standard")

    assert account is not None
    assert account.secrets == (b"0123",)


def test_a_shop_may_have_an_allowance_of_its_own(path: Path) -> None:
    path.write_text(GOOD.replace('id = "kirei"', 'id = "kirei"\nrate = 2.5\nburst = 7'))

    account = read_shops(path, ENVIRONMENT).accounts["kirei", "shopify"]
    assert (account.rate, account.burst) == (2.5, 7)


@pytest.mark.parametrize(
    "line", ["rate = 0", "rate = -1", "rate = nan", "rate = inf", "burst = 0", "burst = 1.5"]
)
def test_an_allowance_of_nothing_is_refused(path: Path, line: str) -> None:
    path.write_text(GOOD.replace('id = "kirei"', f'id = "kirei"\n{line}'))

    with pytest.raises(InvalidShopsFile):
        read_shops(path, ENVIRONMENT)


def test_a_cart_may_speak_of_another_carts_customers(path: Path) -> None:
    path.write_text(GOOD + 'customers_of = "shopify"')

    accounts = read_shops(path, ENVIRONMENT).accounts
    assert accounts["kirei", "standard"].customers_of == "shopify"
    assert accounts["kirei", "shopify"].customers_of is None


@pytest.mark.parametrize(
    ("shop", "cart"), [("other", "shopify"), ("kirei", "woocommerce"), ("", ""), ("KIREI", "shopify")]
)
def test_who_is_not_in_the_file_is_a_stranger(shops: ShopsFile, shop: str, cart: str) -> None:
    assert shops.account(shop, cart) is None


def test_a_pepper_is_the_shops_at_every_cart_and_is_not_printed(path: Path) -> None:
    path.write_text(with_pepper("${PEPPER}"))
    accounts = read_shops(path, {**ENVIRONMENT, "PEPPER": "a pepper of the shop"}).accounts

    assert {account.pepper for account in accounts.values()} == {b"a pepper of the shop"}
    assert "a pepper" not in repr(accounts)
    path.write_text(GOOD)
    assert {account.pepper for account in read_shops(path, ENVIRONMENT).accounts.values()} == {None}


def test_an_account_never_prints_its_secrets(shops: ShopsFile) -> None:
    assert "the-new-one" not in repr(shops.account("kirei", "shopify"))


def test_a_shop_sends_events_by_any_of_its_keys(path: Path, clock: HandClock) -> None:
    entry = f'keys = ["${{KEY}}", "{KEY}"]\ncustomers_of = "shopify"'
    path.write_text(with_pepper("a pepper of the shop") + events(entry))
    shops = ShopsFile(path, {**ENVIRONMENT, "KEY": KEY.upper()}, clock)

    sender = shops.sender(KEY)
    assert sender == Sender("kirei", "shopify", b"a pepper of the shop") == shops.sender(KEY.upper())
    assert "pepper of" not in repr(sender)
    for stranger in ("", KEY[:-1], KEY + "x", "é", "\udcff"):
        assert shops.sender(stranger) is None


def test_a_key_that_is_taken_away_is_refused_without_a_restart(path: Path, clock: HandClock) -> None:
    path.write_text(GOOD + events(f"keys = ['{KEY}']"))
    shops = ShopsFile(path, ENVIRONMENT, clock)
    assert shops.sender(KEY) is not None

    path.write_text(GOOD + events(f"keys = ['{KEY.upper()}']"))
    clock.seconds += 1

    assert shops.sender(KEY) is None
    assert shops.sender(KEY.upper()) is not None
    assert KEY not in repr(read_shops(path, ENVIRONMENT))


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", "Object missing required field `shops`"),
        ("shops = []", "names no shop"),
        ("[[shops", "is not TOML"),
        ("[[shops]]\nid = 'kirei'", "missing required field `carts`"),
        ("[[shops]]\nid = 'Kirei/1'\ncarts = []", r"\$.shops\[0\].id"),
        ("[[shops]]\nid = 'kirei'\ncarts = []\ncolour = 1", "unknown field `colour`"),
        (GOOD.replace('"shopify"', '"shopfiy"'), "no such cart, only shopify, standard"),
        (GOOD.replace('"standard"', '"shopify"'), "has the cart 'shopify' twice"),
        (GOOD.replace('["whsec_MDEyMw"]', "[]"), "at least one secret"),
        (GOOD.replace("KIREI_SECRET", "NOT_SET"), "environment variable NOT_SET is not set"),
        (GOOD.replace("KIREI_SECRET", "EMPTY"), "a secret is empty"),
        (GOOD.replace("whsec_MDEyMw", "whsec_???"), "a secret must be base64"),
        (GOOD + GOOD, "has the cart 'shopify' twice"),
        (with_pepper("${NOT_SET}"), "environment variable NOT_SET is not set"),
        (with_pepper("fifteen letters"), "the pepper must have at least 16 characters"),
        (
            GOOD + "customers_of = 'shopfiy'",
            "customers_of names 'shopfiy', a cart that this shop does not have",
        ),
        (GOOD + "customers_of = 'standard'", "customers_of names this very cart"),
        (GOOD + events("keys = []"), "shop 'kirei', events: at least one key is needed"),
        (GOOD + events(f"keys = ['{KEY[:31]}']"), "a key must have at least 32 characters, ASCII"),
        (GOOD + events(f"keys = ['{KEY} ']"), "a key must have at least 32 characters, ASCII and without"),
        (GOOD + events("keys = ['${EMPTY}']"), "a key must have at least 32 characters"),
        (GOOD + events("keys = ['${NOT_SET}']"), "environment variable NOT_SET is not set"),
        (GOOD + events(f"key = '{KEY}'"), "unknown field `key`"),
        (
            GOOD + events(f"keys = ['{KEY}']\ncustomers_of = 'shopfiy'"),
            "shop 'kirei', events: customers_of names 'shopfiy', a cart that this shop does not have",
        ),
        (
            GOOD + events(f"keys = ['{KEY}']") + GOOD.replace("kirei", "other") + events(f"keys = ['{KEY}']"),
            "shop 'other', events: a key is that of shop 'kirei' too",
        ),
        (
            GOOD.replace('cart = "shopify"', 'cart = "shopify"\ncustomers_of = "standard"'),
            "cart 'shopify': it names customers by its own ids",
        ),
    ],
)
def test_a_mistake_is_named(path: Path, text: str, problem: str) -> None:
    path.write_text(text)

    with pytest.raises(InvalidShopsFile, match=problem):
        read_shops(path, ENVIRONMENT)


def test_a_mistake_is_named_without_repeating_a_secret(path: Path) -> None:
    path.write_text(GOOD.replace("whsec_MDEyMw", "whsec_???topsecret"))

    with pytest.raises(InvalidShopsFile) as error:
        read_shops(path, ENVIRONMENT)

    assert "topsecret" not in str(error.value)


def test_a_missing_file_stops_the_process_before_it_starts(tmp_path: Path) -> None:
    with pytest.raises(InvalidShopsFile, match="can't be read: No such file"):
        ShopsFile(tmp_path / "nowhere.toml", ENVIRONMENT)


def test_a_changed_file_is_read_without_a_restart(path: Path, shops: ShopsFile, clock: HandClock) -> None:
    path.write_text(GOOD.replace("the-old-one", "the-newest-one"))
    clock.seconds += 1

    assert shopify_secrets(shops) == (b"the-new-one", b"the-newest-one")


def test_the_file_is_looked_at_once_a_second_at_most(path: Path, shops: ShopsFile, clock: HandClock) -> None:
    path.write_text(GOOD.replace("the-old-one", "the-newest-one"))
    clock.seconds += 0.9

    assert shopify_secrets(shops) == (b"the-new-one", b"the-old-one")


@pytest.mark.parametrize("broken", ["", "[[shops", "shops = []", None])
def test_a_broken_change_is_refused_once_and_the_old_file_stays_in_use(
    path: Path, shops: ShopsFile, clock: HandClock, broken: str | None
) -> None:
    before = refused()
    if broken is None:
        path.unlink()
    else:
        path.write_text(broken)

    for _ in range(3):
        clock.seconds += 1
        assert shopify_secrets(shops) == (b"the-new-one", b"the-old-one")
    assert refused() == before + 1


def test_a_mended_file_is_taken_again(path: Path, shops: ShopsFile, clock: HandClock) -> None:
    path.write_text("broken")
    clock.seconds += 1
    shopify_secrets(shops)
    path.write_text(GOOD.replace("the-old-one", "mended"))
    clock.seconds += 1

    assert shopify_secrets(shops) == (b"the-new-one", b"mended")
