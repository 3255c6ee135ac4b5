"""Any number of customers in scoring's table: the simulated shop's, swept once, copied by the database."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import text

from deploy.simulated import ORIGIN, envelopes
from services.scoring.features.state import CustomerState, refold, to_bytes
from services.scoring.training.owners import grouped
from shared.postgres.engine import AsyncConnection
from simulation.history import simulate

SEED, DAYS = 20_261_122, 200

_MODELS = text(
    "INSERT INTO customer_state (customer_ref, shop, state, events, next_look_at)"
    " SELECT 'model/' || row_number() OVER (), 'model', state, events, CAST(:due AS timestamptz)"
    " FROM unnest(CAST(:states AS bytea[]), CAST(:events AS bigint[])) AS given (state, events)"
)
_COPIES = text(
    "INSERT INTO customer_state (customer_ref, shop, state, events, kind, probability, band, episode,"
    " priority, told, due, assessment, scored_at, next_look_at)"
    " SELECT 'copy/' || number, 'copy', state, events, kind, probability, band, episode, priority, told,"
    " due, assessment, scored_at, next_look_at + number % 10000 * INTERVAL '1 minute'"
    " FROM generate_series(CAST(:first AS bigint), CAST(:last AS bigint)) AS number JOIN"
    " (SELECT *, row_number() OVER () - 1 AS place, count(*) OVER () AS models"
    " FROM customer_state WHERE shop = 'model' AND next_look_at IS NOT NULL) AS model"
    " ON model.place = number % models"
)
_REMOVE_MODELS = text("DELETE FROM customer_state WHERE shop = 'model'")
# A hash, not a run of neighbours: who is due is scattered over the table, as in life.
_DUE = text(
    "UPDATE customer_state SET next_look_at = CAST(:now AS timestamptz) - INTERVAL '1 minute'"
    " WHERE abs(hashtext(customer_ref || :salt)::bigint) % 100000 < CAST(:share AS float) * 100000"
)


def simulated_states(customers: int) -> tuple[list[CustomerState], datetime]:
    """States as folded from a simulated shop's history, and the moment of its end."""
    histories = grouped(envelopes(simulate(SEED, customers, DAYS, ORIGIN))).by_customer
    end = max(envelope.time for history in histories.values() for envelope in history)
    return [refold(history) for history in histories.values()], end


async def place_models(connection: AsyncConnection, states: Iterable[CustomerState], now: datetime) -> None:
    """Put these states down as customers who are due; the sweep gives them scores, bands and next looks."""
    known = list(states)
    given = {
        "states": [to_bytes(state) for state in known],
        "events": [state.events for state in known],
        "due": now,
    }
    await connection.execute(_MODELS, given)


async def copy_models(connection: AsyncConnection, first: int, last: int) -> None:
    """Customers number `first` to `last`, each like one of the models that are looked at again some day."""
    await connection.execute(_COPIES, {"first": first, "last": last})


async def remove_models(connection: AsyncConnection) -> None:
    await connection.execute(_REMOVE_MODELS)


async def make_due(connection: AsyncConnection, now: datetime, share: float, salt: str) -> int:
    """Let the next look of about this share of the customers be due; give how many they are."""
    return (await connection.execute(_DUE, {"now": now, "share": share, "salt": salt})).rowcount
