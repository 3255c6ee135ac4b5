"""Notes: the words that agents wrote about customers, which go when the customer is erased."""

from sqlalchemy import text

from shared.postgres.engine import AsyncConnection

# On whichever account of the person they stand: they may name anybody.
_FORGET = text("DELETE FROM disposition_note WHERE customer_ref IN (SELECT accounts_of(:customer_ref))")
_FORGET_OF_CANCELLATIONS = text(
    "DELETE FROM cancellation_note WHERE customer_ref IN (SELECT accounts_of(:customer_ref))"
)
# Typed by agents too, though it is meant for the cart's own number.
_FORGET_REFERENCES = text(
    "UPDATE cancellation SET reference = NULL WHERE reference IS NOT NULL"
    " AND customer_ref IN (SELECT accounts_of(:customer_ref))"
)


async def forget(connection: AsyncConnection, customer_ref: str) -> None:
    await connection.execute(_FORGET, {"customer_ref": customer_ref})
    await connection.execute(_FORGET_OF_CANCELLATIONS, {"customer_ref": customer_ref})
    await connection.execute(_FORGET_REFERENCES, {"customer_ref": customer_ref})
