"""What the page effect says in sentences, in Japanese and English."""

JA: dict[str, str] = {
    "effect_state": "判定",
    "effect_state_effective": "効果あり",
    "effect_state_harmful": "逆効果",
    "effect_state_no_use": "続けても見込み薄",
    "effect_state_not_yet": "まだ分かりません",
    "effect_state_too_few": "人数不足",
    "effect_say_effective": "送った方が 100人あたり {n}人 多く継続しました（95%区間 {low}〜{high}）。",
    "effect_say_harmful": (
        "送った方が 100人あたり {n}人 少なく継続しました（95%区間 {low}〜{high}）。止めることをお勧めします。"
    ),
    "effect_say_no_use": (
        "送っても、100人あたり {worth}人 以上の差はほぼ見込めません（毎日見てもよい区間の上限 {high}人）。"
        "内容の見直しをお勧めします。"
    ),
    "effect_say_not_yet": "まだ分かりません。いまの差は 100人あたり {n}人（95%区間 {low}〜{high}）。{more}",
    "effect_say_too_few": "まだ分かりません。継続・離脱の数が足りず、差を言えません。{more}",
    "effect_say_no_held": (
        "比較群がいないので、効果は分かりません。シナリオの比較群の割合を0より大きくしてください。"
    ),
    "effect_say_begin": "あと約 {n}人 の登録で最初の判定ができます。",
    "effect_say_more": "あと約 {n}人 の登録で判断できる見込みです。",
    "effect_say_observing": "ほかに {n}人 は観察中です（登録から{days}日たつまで数えません）。",
    "effect_say_reached": "最初の配信が届く状態だった人どうしの比較です。",
    "effect_say_margin": "粗利は売上の {n}%（設定値）で計算しています。",
    "effect_def_retained": (
        "定期: 登録から{days}日以内に解約していない（解約後にまた買った方は継続）。定期でない方: 同じ間に注"
        "文した。"
    ),
    "effect_def_everyone": (
        "登録した全員を、くじで決まったグループのまま数えます。送れなかった人も「送った」に入ります。"
    ),
    "effect_def_reached": (
        "送ってよい状態に一度でもなった人だけを、両方のグループから取り出します。比較群は「送るところだった"
        "」と記録された人です。"
    ),
    "effect_def_entries": (
        "2回目からの登録は1回目の結果に左右されるので、ふだんは初回だけを数えます。すべてを数えるときは、同"
        "じお客様を1人として誤差を計算します。"
    ),
    "effect_def_profit": (
        "送料・値引き後の注文額から返金を引き、粗利率を掛けます。少数の大口に引かれないように区間を補正して"
        "います。"
    ),
    "effect_def_cost": "配信・通話・受け入れられたご提案の費用です。比較群の費用を引いた差を使います。",
    "effect_def_several": "別のシナリオの比較群は別のくじで決まるので、重なっていても結果は偏りません。",
    "effect_sheet": "引き留めデスク シナリオの効果",
    "effect_sheet_units": "人数・回数・割合（0〜1）。お金は最小通貨単位",
    "effect_sheet_made": "作成日時",
}

EN: dict[str, str] = {
    "effect_state": "State",
    "effect_state_effective": "Effective",
    "effect_state_harmful": "Harmful",
    "effect_state_no_use": "No use to go on",
    "effect_state_not_yet": "Not known yet",
    "effect_state_too_few": "Too few",
    "effect_say_effective": (
        "Of 100 customers {n} more stayed where it was sent (95 % interval {low} to {high})."
    ),
    "effect_say_harmful": (
        "Of 100 customers {n} fewer stayed where it was sent (95 % interval {low} to {high}). Better stop."
    ),
    "effect_say_no_use": (
        "A difference of {worth} or more of 100 is hardly to be had (upper limit that holds every day:"
        " {high}). Better change the scenario."
    ),
    "effect_say_not_yet": (
        "Not known yet. The difference is {n} of 100 so far (95 % interval {low} to {high}). {more}"
    ),
    "effect_say_too_few": "Not known yet. Too few stayed or left to tell a difference. {more}",
    "effect_say_no_held": (
        "Nobody was held out, so that the effect can't be known. Give the scenario a holdout."
    ),
    "effect_say_begin": "About {n} more enrolments, and a first verdict can be given.",
    "effect_say_more": "About {n} more enrolments are likely to settle it.",
    "effect_say_observing": "{n} more are observed (nobody counts before {days} days have passed).",
    "effect_say_reached": "Only those are compared whom the first message would reach.",
    "effect_say_margin": "Gross profit is {n} % of sales (a setting).",
    "effect_def_retained": (
        "With a contract: not cancelled within {days} days of the enrolment (who bought again after it"
        " stayed). Without one: ordered within them."
    ),
    "effect_def_everyone": (
        "Everyone enrolled counts in the group that was drawn, whether or not a message left."
    ),
    "effect_def_reached": (
        "Of both groups only those who were once in a state to be sent to; of the holdout those who are"
        " recorded as such."
    ),
    "effect_def_entries": (
        "A second enrolment hangs on what the first came to; so only the first counts, unless you choose"
        " all: then a customer's enrolments count as one drawing."
    ),
    "effect_def_profit": "Orders less refunds, times the margin. The interval allows for a few large buyers.",
    "effect_def_cost": "Messages, calls and offers taken, less those of the holdout.",
    "effect_def_several": (
        "The holdouts of other scenarios are drawn apart, so that they do not bias this one."
    ),
    "effect_sheet": "Hikitome, effect of a scenario",
    "effect_sheet_units": "Counts and shares (0 to 1); money in the currency's smallest unit",
    "effect_sheet_made": "Made at",
}
