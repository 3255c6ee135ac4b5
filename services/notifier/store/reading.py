"""Reading: where a list goes on that is read page by page, the newest first."""

from datetime import datetime

import msgspec


class Place(msgspec.Struct, frozen=True):
    """After this entry; `at` is the time that the list is ordered by."""

    at: datetime
    id: str
