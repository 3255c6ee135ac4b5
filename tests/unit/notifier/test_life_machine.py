"""Whatever agents and other services do with an alert: one holder, one number a call, nothing lost."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from services.notifier import life
from services.notifier.alert import DISPOSITIONS, Alert, Cause, Changed, Disposition, Held
from services.notifier.resolution import Resolution
from services.notifier.scenarios.calling import CallingHours, Calls

AGENTS = ("misaki", "ken", "yui")
LEASE = timedelta(minutes=15)
CALLS = Calls(CallingHours(ZoneInfo("Asia/Tokyo")))
CAUSES: list[Cause] = [
    "risk_left",
    "subscription_ended",
    "customer_erased",
    "phone_refused",
    "cancel_requested",
    "holdout",
]
agents = st.sampled_from(AGENTS)


class Life(RuleBasedStateMachine):
    """One alert under the hands of three agents; remembers what must not be forgotten."""

    def __init__(self) -> None:
        super().__init__()
        self.alert = Alert("a", "episode", "shop/shopify/1", "webhook")
        self.now = datetime(2026, 6, 10, 3, 0, tzinfo=UTC)
        self.attempts: list[int] = []
        self.promise: datetime | None = None

    def took(self, outcome: object) -> bool:
        """Whether something was done; what was closed may only be resolved, by who was on the phone."""
        if not isinstance(outcome, Changed):
            return False
        before, after = self.alert, outcome.alert
        assert after.version == before.version + 1
        assert before.state != "resolved"
        assert before.open or after.state == "resolved"
        self.alert = after
        return True

    @rule(minutes=st.integers(0, 40))
    def time_passes(self, minutes: int) -> None:
        self.now += timedelta(minutes=minutes)

    @rule(agent=agents, early=st.booleans())
    def claim(self, agent: str, early: bool) -> None:
        holder = self.holder()
        if self.took(life.claim(self.alert, agent, self.now, LEASE, early=early)):
            assert holder in (None, agent)
            assert isinstance(life.hold(self.alert, agent, self.now), Held)

    @rule(agent=agents)
    def prolong(self, agent: str) -> None:
        before = self.alert.agent
        if self.took(life.prolong(self.alert, agent, self.now, LEASE)):
            assert before == agent

    @rule(agent=agents)
    def release(self, agent: str) -> None:
        if self.took(life.release(self.alert, agent)):
            assert self.holder() is None

    @rule(agent=agents, to=agents)
    def transfer(self, agent: str, to: str) -> None:
        if self.took(life.transfer(self.alert, agent, to, None, self.now, LEASE)):
            assert self.holder() == to

    @rule(to=agents)
    def assign(self, to: str) -> None:
        if self.took(life.assign(self.alert, "boss", to, self.now, LEASE)):
            assert self.holder() == to

    @rule(agent=agents, disposition=st.sampled_from(list(DISPOSITIONS)), minutes=st.integers(1, 5000))
    def resolve(self, agent: str, disposition: Disposition, minutes: int) -> None:
        at = self.now + timedelta(minutes=minutes) if disposition == "callback" else None
        said = Resolution(disposition, callback_at=at)
        if self.took(life.resolve(self.alert, agent, said, self.now, CALLS)):
            self.attempts.append(self.alert.attempts)
            self.promise = at

    @rule(cause=st.sampled_from(CAUSES))
    def withdraw(self, cause: Cause) -> None:
        if self.took(life.withdraw(self.alert, cause, self.now)):
            assert self.promise is None or cause not in life.YIELDS_TO_PROMISES
            self.promise = None

    def holder(self) -> str | None:
        holders = [one for one in AGENTS if isinstance(life.hold(self.alert, one, self.now), Held)]
        assert len(holders) <= 1
        return holders[0] if holders else None

    @invariant()
    def never_two_may_call(self) -> None:
        self.holder()

    @invariant()
    def every_call_has_a_number_of_its_own(self) -> None:
        assert self.attempts == list(range(1, len(self.attempts) + 1))
        assert self.alert.attempts == len(self.attempts)

    @invariant()
    def a_promised_call_is_not_lost(self) -> None:
        promised = self.alert.call_from if self.alert.call_because == "callback" else None
        assert promised == self.promise
        assert (self.alert.promised_by is not None) == (self.promise is not None)
        assert self.promise is None or self.alert.open

    @invariant()
    def the_state_is_whole(self) -> None:
        """What the table's own checks demand too."""
        alert = self.alert
        assert (alert.closed_at is None) == alert.open
        assert (alert.disposition is not None) == (alert.state == "resolved")
        assert (alert.lease_until is not None) == (alert.state == "claimed")
        assert (alert.call_from is None) == (alert.call_because is None)
        assert alert.state != "claimed" or alert.agent is not None
        assert alert.open or alert.call_from is None


TestLife = Life.TestCase
TestLife.settings = settings(max_examples=200, stateful_step_count=30, deadline=None)
