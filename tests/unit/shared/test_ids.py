"""Event ids are uuid5, though they are not made by the library's own and slower way."""

import uuid

from hypothesis import given
from hypothesis import strategies as st

from shared.events.ids import derived_id, event_id

NAMESPACE = uuid.UUID("5d0f2c5e-6f3b-5f1e-9d0a-7d2f7a3c1b11")
texts = st.text(st.characters(codec="utf-8"), max_size=30)


@given(shop=texts, cart=texts, topic=texts, delivery=texts, part=st.integers() | texts)
def test_an_event_id_is_the_uuid5_of_its_parts(
    shop: str, cart: str, topic: str, delivery: str, part: int | str
) -> None:
    name = "\x1f".join((shop, cart, topic, delivery, str(part)))

    assert event_id(shop, cart, topic, delivery, part) == str(uuid.uuid5(NAMESPACE, name))


@given(parts=st.lists(texts))
def test_a_derived_id_is_the_uuid5_of_its_parts(parts: list[str]) -> None:
    assert derived_id(*parts) == str(uuid.uuid5(NAMESPACE, "\x1f".join(parts)))


def test_ids_never_change() -> None:
    assert event_id("kirei", "shopify", "orders/paid", "1") == "6cdb398c-6e0d-5fd0-94dd-99fad9c2802a"
