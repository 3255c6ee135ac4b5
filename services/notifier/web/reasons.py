"""Reasons in other languages: they come with their Japanese sentence; here the same facts fill another."""

from services.notifier.web.words import Language

REASONS: dict[Language, dict[str, str]] = {
    "ja": {},
    "en": {
        "cancel_requested": "Asked to cancel {d} days ago",
        "skipped_in_a_row": "Skipped {n} deliveries in a row",
        "skipped": "Skipped a delivery {d} days ago",
        "skips_often": "Skipped {n} deliveries so far",
        "payment_stopped": "Payment given up (last failure {d} days ago)",
        "payment_failing": "Payment failed {n} times in a row (last {d} days ago)",
        "payment_failed_before": "Payment failed {n} times before",
        "delivery_overdue": "{d} days past the due date without an order",
        "delivery_near": "{d} days to the next delivery, when many cancel",
        "paused": "Paused since {d} days ago",
        "resumed": "Resumed only {d} days ago",
        "paused_before": "Paused {n} times before",
        "bound_ended": "The agreed minimum ({m}) has just been reached",
        "bound_near": "One delivery to the agreed minimum ({m})",
        "early_delivery": "Delivery {n}, when many leave",
        "long_silence": "{d} days since the last order ({x} times the usual gap)",
        "no_second_order": "{d} days since the first order, no second one",
        "silence": "{d} days since the last order",
        "slowing": "Orders come less often (last gap {d} days, usually {u})",
        "few_orders": "Only {n} orders so far",
        "discount_only": "Bought only at the first discount",
        "discount_mostly": "{p} % of orders at a discount",
        "began_discounted": "Began with a discount",
        "spend_falling": "Last order was {p} % of the usual amount",
        "cycle_changed": "Changed the delivery cycle {d} days ago",
        "refunded": "{n} refunds so far",
        "order_cancelled": "{n} orders cancelled so far",
        "shipped_late": "Last order took {d} days to ship",
        "ended_before": "{n} subscriptions ended before",
        "similar_customers": "Buys like customers who left",
    },
}
