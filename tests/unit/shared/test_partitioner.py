"""Which partition a record goes to."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from shared.kafka.rounds import Partitioner


def test_a_key_goes_to_the_partition_that_librdkafka_would_choose() -> None:
    assert Partitioner()(b"123456789", 2**32) == 0xCBF43926  # the published check value of CRC-32


@given(st.binary(), st.integers(1, 1000))
def test_a_key_always_goes_to_the_same_of_the_partitions(key: bytes, partitions: int) -> None:
    assert 0 <= Partitioner()(key, partitions) == Partitioner()(key, partitions) < partitions


def test_records_without_a_key_are_spread_evenly() -> None:
    partition = Partitioner()
    assert set(Counter(partition(None, 6) for _ in range(60)).values()) == {10}
