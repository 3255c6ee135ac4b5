"""An answer: the code behind a quick reply or a link, as the event that it becomes."""

from shared.events.engagement import SurveyAnswered


def answered(survey: str, code: str) -> SurveyAnswered:
    """`0` to `10` is a recommendation (NPS), `satisfaction:1` to `:5` and `again:yes` or `again:no` are what
    they say; anything else is a reason.
    """
    kind, _, value = code.rpartition(":")
    if kind in ("", "nps") and value in _NPS:
        return SurveyAnswered(survey, nps=int(value))
    if kind == "satisfaction" and value in _SATISFACTION:
        return SurveyAnswered(survey, satisfaction=int(value))
    if kind == "again" and value in ("yes", "no"):
        return SurveyAnswered(survey, again=value == "yes")
    return SurveyAnswered(survey, reason=code)


_NPS = frozenset(map(str, range(11)))
_SATISFACTION = frozenset(map(str, range(1, 6)))
