"""The words of the pages' names, in Japanese and English."""

JA = {
    "more_places": "設定",
    "place_desk": "デスク",
    "place_supervisor": "管理",
    "place_duplicates": "重複の疑い",
    "place_scenarios": "シナリオ",
    "place_effect": "効果",
    "place_messages": "配信記録",
    "place_batches": "郵送・同梱",
    "place_consents": "同意",
    "place_status": "稼働状況",
    "place_integrations": "外部連携",
    "place_accounts": "アカウント",
    "place_audit": "監査ログ",
}

EN = {
    "more_places": "Settings",
    "place_desk": "Desk",
    "place_supervisor": "Team",
    "place_duplicates": "Duplicates",
    "place_scenarios": "Scenarios",
    "place_effect": "Effect",
    "place_messages": "Messages",
    "place_batches": "Post",
    "place_consents": "Consents",
    "place_status": "Status",
    "place_integrations": "Integrations",
    "place_accounts": "Accounts",
    "place_audit": "Audit log",
}
