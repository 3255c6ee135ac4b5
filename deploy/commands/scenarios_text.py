"""The words of `hikitome scenarios`: a scenario's messages, and what a rehearsal came to."""

from collections.abc import Iterator
from zoneinfo import ZoneInfo

from services.notifier.preview import Asked, Shown, Unseen, preview
from services.notifier.scenarios.rehearsal import Played, Rehearsal
from services.notifier.scenarios.scenario import Delay, Scenario
from services.notifier.templates.occasion import Sender
from services.notifier.templates.render import Templates


def words_of(scenario: Scenario, sender: Sender) -> str:
    """Every step with when it is due, and each of its creatives as it would arrive."""
    return "\n".join([f"# {scenario.key} {scenario.title}", scenario.about, *_steps(scenario, sender)])


def _steps(scenario: Scenario, sender: Sender) -> Iterator[str]:
    templates = Templates()
    for step in scenario.steps:
        yield f"\n## {step.key}: {', '.join(step.ways)}, {told_delay(step.delay)}"
        for each in step.only_if:
            yield f"only if {each.step} was {'' if each.yes else 'not '}{each.did}"
        for creative in step.creatives:
            yield f"\n### {creative.way} {creative.key}"
            match preview(Asked(scenario, step.key, creative.key), sender, templates):
                case Shown() as shown:
                    yield from (line for line in (shown.subject, shown.text) if line)
                    yield from (f"[{reply.label}]" for reply in shown.replies if creative.way == "line")
                case Unseen(path, code):
                    yield f"can't be shown: {path} {code}"
                case None:
                    yield "can't be shown"


def told_delay(delay: Delay) -> str:
    """As one would say it."""
    length = " ".join(
        f"{count} {unit if count == 1 else unit + 's'}"
        for count, unit in ((delay.days, "day"), (delay.hours, "hour"))
        if count
    )
    if delay.before is not None:
        told = f"{length or 'right'} before the {'shipment' if delay.before == 'due' else 'cut-off'}"
    else:
        told = f"after {length}" if length else "at once"
    at = f" at {delay.at:%H:%M}" if delay.at is not None else ""
    return f"{told}{at}{' on a working day' if delay.working_day else ''}"


def rehearsal_table(scenario: Scenario, told: Rehearsal, zone: ZoneInfo) -> str:
    """Numbers first, then some customers of every kind of outcome; times are the shop's."""
    over = told.per_hour_peak > scenario.most_per_hour
    lines = [
        f"# {scenario.key} {scenario.title}: the last {told.days} days",
        f"came in {told.enrolled}, of them held out {told.held}",
        f"messages: {_counted(told.messages)}",
        f"not sent: {_counted(told.suppressed)}",
        f"most in an hour: {told.per_hour_peak}{' - MORE than' if over else ' of'} {scenario.most_per_hour}",
    ]
    if not told.whole:
        lines.append("There was more than can be looked at: these are the first.")
    lines += [_line(one, zone) for one in told.examples]
    return "\n".join(lines) + "\n"


def _line(one: Played, zone: ZoneInfo) -> str:
    became = f"{one.outcome} {one.reason}" if one.reason is not None else one.outcome
    return f"  {one.at.astimezone(zone):%Y-%m-%d %H:%M} {one.customer_ref} {one.step} {one.way} {became}"


def _counted(numbers: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in numbers.items()) or "none"
