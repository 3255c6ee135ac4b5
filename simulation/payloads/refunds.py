"""PURE. refunds/create: part of the money back, with what was returned and the transaction."""

from datetime import datetime

from simulation.payloads.lines import line_item
from simulation.payloads.parts import Body, gid, iso, money_set, yen
from simulation.things import Order


def refund(order: Order, amount: int, at: datetime) -> Body:
    refund_id = order.id + 3
    return {
        "id": refund_id,
        "order_id": order.id,
        "created_at": iso(at),
        "note": "破損のため一部返金",
        "user_id": 98_700_600_001,
        "processed_at": iso(at),
        "duties": [],
        "total_duties_set": money_set(0),
        "return": None,
        "restock": False,
        "refund_shipping_lines": [],
        "admin_graphql_api_id": gid("Refund", refund_id),
        "order_adjustments": [],
        "refund_line_items": [_line(order, amount)],
        "transactions": [_transaction(order, amount, at)],
    }


def _line(order: Order, amount: int) -> Body:
    # Here, unlike anywhere else, Shopify writes money as JSON numbers.
    return {
        "id": order.line_id + 1,
        "quantity": 1,
        "line_item_id": order.line_id,
        "location_id": None,
        "restock_type": "no_restock",
        "subtotal": amount,
        "total_tax": 0,
        "subtotal_set": money_set(amount),
        "total_tax_set": money_set(0),
        "line_item": {k: v for k, v in line_item(order).items() if k not in _NOT_IN_REFUNDS},
    }


_NOT_IN_REFUNDS = {"attributed_staffs", "current_quantity", "sales_line_item_group_id"}


def _transaction(order: Order, amount: int, at: datetime) -> Body:
    transaction_id = order.id + 4
    unsettled = {"amount": "0", "currency": "JPY"}
    return {
        "id": transaction_id,
        "order_id": order.id,
        "kind": "refund",
        "gateway": "shopify_payments",
        "status": "success",
        "message": "Transaction approved",
        "created_at": iso(at),
        "test": False,
        "authorization": None,
        "location_id": None,
        "user_id": None,
        "parent_id": None,
        "processed_at": iso(at),
        "device_id": None,
        "error_code": None,
        "source_name": "web",
        "receipt": {},
        "amount": yen(amount),
        "currency": "JPY",
        "payment_id": f"{order.name}.1",
        "total_unsettled_set": {"presentment_money": unsettled, "shop_money": unsettled},
        "manual_payment_gateway": False,
        "amount_rounding": None,
        "admin_graphql_api_id": gid("OrderTransaction", transaction_id),
    }
