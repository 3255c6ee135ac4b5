"""Signatures: HMAC-SHA256 over raw bytes, compared in constant time with every active secret."""

import base64
import hmac
from collections.abc import Iterable, Sequence


def hmac_base64(secret: bytes, signed: bytes) -> bytes:
    return base64.b64encode(hmac.digest(secret, signed, "sha256"))


def is_signed(signed: bytes, secrets: Sequence[bytes], claims: Iterable[str]) -> bool:
    """Does any claimed signature (base64) fit any secret?

    All pairs are compared, found or not, so that the time taken tells nothing. The text is compared, not what
    it decodes to: base64 has spare bits, and two texts for one signature would be one too many.
    """
    claimed = [claim.encode("utf-8", "replace") for claim in claims]
    found = False
    for secret in secrets:
        expected = hmac_base64(secret, signed)
        for claim in claimed:
            found |= hmac.compare_digest(expected, claim)
    return found


def text_secret(text: str) -> bytes:
    """A secret that is used as it is written."""
    return text.encode()
