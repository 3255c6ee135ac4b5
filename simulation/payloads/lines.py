"""PURE. The line of an order, as orders and refunds show it."""

from simulation.payloads.parts import Body, gid, money_set, yen
from simulation.things import Order


def line_item(order: Order) -> Body:
    product = order.product
    left = 0 if order.shipped_at or order.cancelled_at else order.quantity
    return {
        "id": order.line_id,
        "admin_graphql_api_id": gid("LineItem", order.line_id),
        "attributed_staffs": [],
        "current_quantity": 0 if order.cancelled_at else order.quantity,
        "fulfillable_quantity": left,
        "fulfillment_service": "manual",
        "fulfillment_status": "fulfilled" if order.shipped_at else None,
        "gift_card": False,
        "grams": product.grams,
        "name": product.title,
        "price": yen(product.price),
        "price_set": money_set(product.price),
        "product_exists": True,
        "product_id": product.id,
        "properties": [],
        "quantity": order.quantity,
        "requires_shipping": True,
        "sales_line_item_group_id": None,
        "sku": product.sku,
        "taxable": True,
        "title": product.title,
        # A discount code is found in the allocations; Shopify leaves the line's own total at zero.
        "total_discount": "0",
        "total_discount_set": money_set(0),
        "variant_id": product.variant_id,
        "variant_inventory_management": "shopify",
        "variant_title": None,
        "vendor": "ひきとめ健康堂",
        "tax_lines": [tax_line(order)],
        "duties": [],
        "discount_allocations": _allocations(order),
    }


def _allocations(order: Order) -> list[Body]:
    if not order.discount:
        return []
    amount = order.discount
    return [{"amount": yen(amount), "discount_application_index": 0, "amount_set": money_set(amount)}]


def tax_line(order: Order) -> Body:
    return {
        "channel_liable": False,
        "price": yen(order.tax),
        "price_set": money_set(order.tax),
        "rate": order.product.tax_percent / 100,
        "title": "JP Consumption Tax",
    }
