"""Cursors: a place in a list, as an answer tells it and the next question brings it back."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import HTTPException
from pydantic import Field

from services.notifier.store.reading import Place

Cursor = Annotated[str, Field(max_length=80, pattern=r"^[0-9T:.+Z-]+~[0-9a-f-]{36}$")]


def place_of(cursor: str | None) -> Place | None:
    """None is the beginning; raises HTTPException 422 for what is no moment."""
    if cursor is None:
        return None
    at, _, id_ = cursor.partition("~")
    try:
        return Place(datetime.fromisoformat(at), str(UUID(id_)))
    except ValueError as error:
        raise HTTPException(422, "unfit") from error
