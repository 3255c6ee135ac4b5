"""Summary: a chapter in sentences that anybody can read, and what has to be warned of."""

from collections.abc import Iterator

from services.scoring.report.chapter import Chapter
from services.scoring.report.words import CHALLENGERS, LEAVERS, LIKELY, RUNGS

MOST_ERROR = 0.03
"""Calibration error above which probabilities are not to be taken at their word."""

FEWEST_LEAVERS = 100
"""Customers who left, below which every number of the chapter is shaky."""

WIDEST = 0.06
"""Of the interval of the AUC."""

FALLEN = 0.03
"""By how much the AUC of the last weeks may lie below that of the whole window."""


def headline(chapter: Chapter) -> str:
    days, lift = f"{chapter.part.horizon_days:.0f}日以内", chapter.metrics["lift10"]
    leavers = LEAVERS[chapter.kind]
    return f"{days}に{LIKELY[chapter.kind]}上位10％のお客様には、平均の{lift:.1f}倍の{leavers}が含まれます。"


def sentences(chapter: Chapter) -> list[str]:
    """What the model can do, how true its probabilities are, and what it was made from."""
    part = chapter.part
    return [*_ranking(chapter), *_truth(chapter), RUNGS[part.rung], _made_from(chapter)]


def warnings(chapter: Chapter) -> list[str]:
    """Empty when nothing is off."""
    return [*_of_data(chapter), *_of_quality(chapter), *_of_time(chapter), *_of_rivals(chapter)]


def _ranking(chapter: Chapter) -> Iterator[str]:
    interval = chapter.part.auc_interval
    sure = f"（95％の確かさで{interval[0]:.0%}〜{interval[1]:.0%}）" if interval else ""
    yield (
        f"去る方と残る方を1人ずつ選ぶと、{chapter.metrics['auc']:.0%}の確率で"
        f"去る方のリスクを高く示します{sure}。でたらめなら50％です。"
    )
    if "auc_later" in chapter.metrics:
        later = chapter.metrics["auc_later"]
        yield f"その後の数週間を前もって予測させた試験では、この確率は{later:.0%}でした。"


def _truth(chapter: Chapter) -> Iterator[str]:
    error = 100 * chapter.metrics["ece"]
    yield f"予測した確率と実際に去った割合のずれは、平均{error:.1f}ポイントです。"


def _made_from(chapter: Chapter) -> str:
    part = chapter.part
    return (
        f"お客様{part.customers:,}人を週ごとに見た{part.rows:,}行から学習しました。"
        f"そのうち去った方は{chapter.leavers:,}人、平均の割合は{part.base_rate:.1%}です。"
    )


def _of_data(chapter: Chapter) -> Iterator[str]:
    rung = chapter.part.rung
    if rung != "full":
        yield f"{RUNGS[rung]}実績が貯まったら学習し直してください。"
    if chapter.leavers < FEWEST_LEAVERS:
        yield f"去ったお客様が{chapter.leavers}人と少なく、この章の数字は大きく揺れます。"
    if chapter.treated:
        yield (
            f"施策の対象だったお客様の行（{chapter.treated:,}行）も含みます。"
            "引き留めに成功した分、リスクが低く学習されているおそれがあります。"
        )


def _of_quality(chapter: Chapter) -> Iterator[str]:
    interval = chapter.part.auc_interval
    if chapter.metrics["ece"] > MOST_ERROR:
        yield (
            f"確率のずれが平均{100 * chapter.metrics['ece']:.1f}ポイントあります。"
            "順番は使えますが、確率そのものは目安としてご覧ください。"
        )
    if interval and interval[1] - interval[0] > WIDEST:
        yield f"見分ける力の幅が広く（{interval[0]:.0%}〜{interval[1]:.0%}）、まだはっきりしません。"


def _of_time(chapter: Chapter) -> Iterator[str]:
    later = chapter.metrics.get("auc_later")
    if later is not None and chapter.metrics["auc"] - later > FALLEN:
        yield f"最近の数週間では見分ける力が落ちています（{later:.0%}）。学習し直す間隔を短くしてください。"
    moved = next(
        (shift for shift in chapter.shifts if shift.name == "score" and shift.verdict == "moved"), None
    )
    if moved:
        yield (
            f"期間の始めと終わりでスコアの分布が大きく違います（PSI {moved.psi:.2f}）。"
            "月ごとの成績もご確認ください。"
        )


def _of_rivals(chapter: Chapter) -> Iterator[str]:
    for rival in chapter.challengers:
        if rival.interval[0] > 0:
            name = CHALLENGERS.get(rival.name, rival.name)
            yield f"比較モデル「{name}」のほうが、偶然とは言えない差で正確でした。"
