"""Placeholders (差し込み項目): the closed list of what the words of a message may ask for."""

from collections.abc import Mapping
from typing import Literal

from jinja2 import Environment, TemplateSyntaxError, nodes

PLACEHOLDERS: Mapping[str, str] = {
    "addressee": "宛名（「山田 花子 様」。お名前がわからないときは「お客様」）",
    "shop_name": "ショップ名",
    "opening_subject": "離脱の理由に合わせた件名",
    "opening": "離脱の理由に合わせた書き出し",
    "offer": "離脱の理由に合わせたご案内",
    "kind": "リスクの種類（条件用: subscription 定期、repeat 都度購入、payment お支払い）",
    "product_title": "商品名",
    "delivery_number": "お届け回数（何回目のお届けか）",
    "min_deliveries": "お約束の回数（回数縛り）",
    "deliveries": "これまでにお届けした回数",
    "skips": "続けてスキップした回数",
    "next_delivery": "次回お届け日（「6月12日（金）」）",
    "cutoff": "次回お届けの変更締切日（「6月9日（火）」）",
    "days_silent": "最後のご注文からの日数",
    "amount": "金額（「3,980円」）",
    "score": "アンケートの点数（NPSは0〜10）",
    "answer": "アンケートの回答（条件用のコード）",
    "survey_links": "アンケートの回答ボタン（置かないときは本文の後に付きます）",
    "account_url": "マイページのURL（設定がないときは空）",
    "contact": "お問い合わせ先",
    "unsubscribe_url": "配信停止のURL（販促のメッセージのみ）",
}
MOST_CHARACTERS = 5_000
FILTERS = frozenset({"default"})
# Text, names, and ifs on them: nothing that loops, calls, reaches into a value or makes a long one.
_ALLOWED = (
    *(nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.If, nodes.CondExpr),
    *(nodes.Compare, nodes.Operand, nodes.Not, nodes.And, nodes.Or, nodes.Neg),
)
_MOST = 10**9
# The layout knows by them what came from outside.
_MARKS = frozenset({"\ue000", "\ue001"})
_PARSER = Environment()  # noqa: S701 - it only parses

Fault = Literal["too_long", "not_a_template", "forbidden", "unknown_placeholder"]


def fault_in(text: str) -> Fault | None:
    """Why these words are no template of ours; None if they are."""
    if len(text) > MOST_CHARACTERS:
        return "too_long"
    tree = _parsed(text)
    if tree is None:
        return "not_a_template"
    if not _MARKS.isdisjoint(text) or not all(_is_allowed(node) for node in tree.find_all(nodes.Node)):
        return "forbidden"
    return "unknown_placeholder" if unknown_in(text) else None


def unknown_in(text: str) -> list[str]:
    """Names that are asked for and are no placeholders, in order; of what is no template none."""
    tree = _parsed(text)
    if tree is None:
        return []
    names = dict.fromkeys(node.name for node in tree.find_all(nodes.Name))
    return [name for name in names if name not in PLACEHOLDERS]


def asked_in(text: str) -> frozenset[str]:
    """Placeholders that occur, in a condition too."""
    tree = _parsed(text)
    found = tree.find_all(nodes.Name) if tree is not None else ()
    return frozenset(node.name for node in found) & PLACEHOLDERS.keys()


def _is_allowed(node: nodes.Node) -> bool:
    if isinstance(node, nodes.Filter):
        return node.name in FILTERS
    if isinstance(node, nodes.Const):
        return isinstance(node.value, str) or (
            isinstance(node.value, int | float) and abs(node.value) < _MOST
        )
    return isinstance(node, _ALLOWED) and getattr(node, "ctx", "load") == "load"


def _parsed(text: str) -> nodes.Template | None:
    try:
        return _PARSER.parse(text) if len(text) <= MOST_CHARACTERS else None
    except (TemplateSyntaxError, RecursionError, ValueError):
        return None
