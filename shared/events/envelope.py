"""The envelope: CloudEvents 1.0 in structured JSON, so that a reader needs nothing but the record's value."""

from datetime import datetime
from typing import Any, Literal, cast
from uuid import UUID

import msgspec

from shared.events.catalogue import NAMES, TYPES, Event, topic_of
from shared.events.record import Record


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """One fact and what is known about it.

    `time` is when it happened (the shop's business), `receivedat` when it reached us (real time).
    `subject` is a reference as in `shared.events.refs`. `correlationid` names the webhook that everything
    began with.
    """

    id: str
    source: str
    subject: str
    time: datetime
    shop: str
    receivedat: datetime
    correlationid: str
    data: Event
    causationid: str | None = None
    traceparent: str | None = None

    @property
    def type(self) -> str:
        return NAMES[type(self.data)]


class InvalidEvent(Exception):
    """These bytes are no event of ours; `reason` is from a closed list and holds nothing of the content."""

    def __init__(self, reason: Literal["not_json", "not_an_envelope", "unknown_type", "wrong_shape"]) -> None:
        super().__init__(reason)
        self.reason = reason


class _Wire(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    specversion: Literal["1.0"]
    id: str
    source: str
    type: str
    subject: str
    time: datetime
    shop: str
    receivedat: datetime
    correlationid: str
    data: msgspec.Raw
    datacontenttype: Literal["application/json"] = "application/json"
    causationid: str | None = None
    traceparent: str | None = None


class _Written(msgspec.Struct, frozen=True, omit_defaults=True, gc=False):
    """The same on the way out: by position, and with the fact as it is, both of which are faster."""

    specversion: Literal["1.0"]
    id: str
    source: str
    type: str
    subject: str
    time: datetime
    shop: str
    receivedat: datetime
    correlationid: str
    data: Event
    datacontenttype: Literal["application/json"] = "application/json"
    causationid: str | None = None
    traceparent: str | None = None


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(_Wire)
_data_decoders: dict[str, msgspec.json.Decoder[Any]] = {
    name: msgspec.json.Decoder(struct) for name, struct in TYPES.items()
}


def encode(envelope: Envelope) -> bytes:
    return _encoder.encode(
        _Written(
            "1.0",
            envelope.id,
            envelope.source,
            NAMES[type(envelope.data)],
            envelope.subject,
            envelope.time,
            envelope.shop,
            envelope.receivedat,
            envelope.correlationid,
            envelope.data,
            causationid=envelope.causationid,
            traceparent=envelope.traceparent,
        )
    )


def record_of(envelope: Envelope) -> Record:
    """The record that carries this envelope: its topic by its type, its key by whom it is about."""
    return Record(topic_of(envelope.data).name, envelope.subject.encode(), encode(envelope))


def decode(value: bytes) -> Envelope:
    """Read a record's value.

    :raises InvalidEvent: if it is not an envelope with an event of the catalogue.
    """
    try:
        wire = _decoder.decode(value)
    except msgspec.ValidationError as error:
        raise InvalidEvent("not_an_envelope") from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidEvent("not_json") from error
    if wire.time.tzinfo is None or wire.receivedat.tzinfo is None or not _is_uuid(wire.id):
        raise InvalidEvent("not_an_envelope")
    return Envelope(
        id=wire.id,
        source=wire.source,
        subject=wire.subject,
        time=wire.time,
        shop=wire.shop,
        receivedat=wire.receivedat,
        correlationid=wire.correlationid,
        data=read_data(wire.type, bytes(wire.data)),
        causationid=wire.causationid,
        traceparent=wire.traceparent,
    )


def _is_uuid(text: str) -> bool:
    try:
        return str(UUID(text)) == text
    except ValueError:
        return False


def read_data(event_type: str, data: bytes) -> Event:
    """Read the fact alone, by its type's name.

    :raises InvalidEvent: if the type is not in the catalogue or the data has another shape.
    """
    decoder = _data_decoders.get(event_type)
    if decoder is None:
        raise InvalidEvent("unknown_type")
    try:
        return cast(Event, decoder.decode(data))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InvalidEvent("wrong_shape") from error
