"""How `hikitome explain` says a score to somebody who has never seen the model."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import exp, log

from services.scoring.model.explain import Explanation
from shared.events.risk import Band, Reason, RiskKind, Rung

POINTS = 100
"""Points are log-odds × 100: they add up, as factors of the odds do not."""


@dataclass(frozen=True, slots=True)
class Words:
    """One language's labels; templates are filled with what is shown."""

    title: str
    legend: str
    unscored: str
    chance: str
    rival: str
    priority: str
    closes: str
    closed: str
    open_end: str
    raised: str
    lowered: str
    fact: str
    untold: str
    average: str
    check: str
    rung: str
    kinds: Mapping[RiskKind, str]
    bands: Mapping[Band, str]
    rungs: Mapping[Rung, str]


JAPANESE = Words(
    title="離脱リスクの説明（{moment:%Y-%m-%d %H:%M} 時点、モデル {model}）",
    legend="点は足し算できる重みです。{double}点ごとに離脱のオッズ（離脱する人数÷続ける人数）が2倍になります。",
    unscored="予測の対象外（すでに離脱、休眠、またはご注文の記録なし）",
    chance="{days}日以内に{kind}確率 {chance}　リスク：{band}",
    rival="ほかに、{kind}確率 {chance}",
    priority="優先度 {rank:,.0f} ＝ 1年分の売上 ¥{value:,} × 確率 {chance} × 急ぎ {urgency:.2f}{left}",
    closes="（間に合うのはあと{days:.1f}日）",
    closed="（期限を過ぎた）",
    open_end="（期限なし）",
    raised="離脱しやすくしている理由",
    lowered="続けてくれそうな理由",
    fact="{points:+5d}点（オッズ{odds:.2f}倍）　{text}",
    untold="そのほかの傾向",
    average="平均的なお客様",
    check="検算：{terms} ＝ {total:+d}点 → 確率 {chance}",
    rung="モデルの段階：{rung}",
    kinds={
        "subscription": "定期を解約する",
        "repeat": "次のご注文がない",
        "payment": "決済できずに定期が止まる",
    },
    bands={"low": "低い", "medium": "中くらい", "high": "高い", "critical": "非常に高い"},
    rungs={
        "full": "すべての手がかりで学習",
        "rfm": "購入の間隔・回数・金額だけで学習（データがまだ少ない）",
        "prior": "出荷時の目安（このショップのデータではまだ学習していない）",
    },
)

ENGLISH = Words(
    title="Risk of leaving, at {moment:%Y-%m-%d %H:%M} (Japan), model {model}",
    legend="Points add up: each {double} of them double the odds of leaving (leavers ÷ stayers).",
    unscored="not scored: gone, dormant, or without an order",
    chance="{chance} likely to {kind} within {days} days; band {band}",
    rival="besides, {chance} likely to {kind}",
    priority="priority {rank:,.0f} = a year's sales ¥{value:,} × {chance} × urgency {urgency:.2f}{left}",
    closes=" ({days:.1f} days left to act)",
    closed=" (too late for the next parcel)",
    open_end=" (nothing is due)",
    raised="what raises the risk",
    lowered="what lowers it",
    fact="{points:+5d} points (odds × {odds:.2f})  {text}",
    untold="other tendencies",
    average="average customer",
    check="sum: {terms} = {total:+d} points → {chance}",
    rung="model: {rung}",
    kinds={
        "subscription": "give the contract up",
        "repeat": "order nothing more",
        "payment": "lose the contract because payment fails",
    },
    bands={"low": "low", "medium": "medium", "high": "high", "critical": "critical"},
    rungs={
        "full": "taught with every clue",
        "rfm": "taught with recency, frequency and money only, for lack of data",
        "prior": "as shipped; nothing was learned from this shop",
    },
)


def legend(words: Words) -> str:
    return words.legend.format(double=round(POINTS * log(2)))


def lines(number: int, ref: str, it: Explanation | None, words: Words) -> Iterator[str]:
    """One customer, a line for each thing there is to say."""
    yield f"{number}. {ref}"
    if it is None:
        yield f"   {words.unscored}"
        return
    yield from (f"   {line}" for line in _what(it, words))
    yield from _facts(words.raised, it.assessment.reasons, words)
    yield from _facts(words.lowered, it.assessment.strengths, words)
    yield f"   {_check(it, words)}"
    yield f"   {words.rung.format(rung=words.rungs[it.assessment.rung])}"


def _what(it: Explanation, words: Words) -> Iterator[str]:
    told = it.assessment
    yield words.chance.format(
        days=round(told.horizon_days),
        kind=words.kinds[told.kind],
        chance=_percent(told.probability),
        band=words.bands[told.band],
    )
    for kind, risk in told.risks.items():
        if kind != told.kind:
            yield words.rival.format(kind=words.kinds[kind], chance=_percent(risk.probability))
    yield words.priority.format(
        rank=told.priority,
        value=told.value_at_risk.amount,
        chance=_percent(told.probability),
        urgency=it.urgency,
        left=_left(it.days_left, words),
    )


def _left(days: float | None, words: Words) -> str:
    if days is None:
        return words.open_end
    return words.closed if days < 0 else words.closes.format(days=days)


def _facts(title: str, reasons: Sequence[Reason], words: Words) -> Iterator[str]:
    if reasons:
        yield f"   {title}"
    for reason in reasons:
        points, odds = _points(reason.contribution), exp(reason.contribution)
        yield "   " + words.fact.format(points=points, odds=odds, text=reason.text)


def _check(it: Explanation, words: Words) -> str:
    """Whole points; what rounding leaves over goes to the untold."""
    said = [_points(each.contribution) for each in (*it.assessment.reasons, *it.assessment.strengths)]
    base, total = _points(it.baseline), _points(it.log_odds)
    rest = total - base - sum(said)
    terms = " ".join(
        [f"{words.average} {base:+d}", *(f"{each:+d}" for each in said), f"{words.untold} {rest:+d}"]
    )
    return words.check.format(terms=terms, total=total, chance=_percent(it.assessment.probability))


def _points(log_odds: float) -> int:
    return round(POINTS * log_odds)


def _percent(share: float) -> str:
    return f"{share:.1%}" if share < 0.1 else f"{share:.0%}"
