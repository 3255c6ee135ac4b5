"""PURE. orders/create, orders/paid, orders/fulfilled and orders/cancelled: one body at different moments."""

from simulation.payloads.lines import line_item, tax_line
from simulation.payloads.parts import Body, customer, gid, iso, money_set, postal_address, yen
from simulation.things import Order

ALWAYS: Body = {
    "app_id": 580111,
    "browser_ip": None,
    "cart_token": None,
    "client_details": None,
    "confirmed": True,
    "currency": "JPY",
    "current_total_additional_fees_set": None,
    "current_total_duties_set": None,
    "customer_locale": "ja-JP",
    "device_id": None,
    "duties_included": False,
    "estimated_taxes": False,
    "landing_site_ref": None,
    "location_id": None,
    "merchant_business_entity_id": "MTY0MzAwNTAwMDAx",
    "merchant_of_record_app_id": None,
    "note": None,
    "original_total_additional_fees_set": None,
    "original_total_duties_set": None,
    "payment_gateway_names": ["shopify_payments"],
    "payment_terms": None,
    "po_number": None,
    "presentment_currency": "JPY",
    "reference": None,
    "refunds": [],
    "returns": [],
    "line_item_groups": [],
    "source_identifier": None,
    "source_url": None,
    "tax_exempt": False,
    "taxes_included": True,
    "test": False,
    "total_cash_rounding_payment_adjustment_set": money_set(0),
    "total_cash_rounding_refund_adjustment_set": money_set(0),
    "total_tip_received": "0",
    "user_id": None,
}

REFERRERS = {
    "search": "https://search.example/",
    "sns": "https://sns.example/",
    "affiliate": "https://affiliate.example/",
    "line": "https://line.example/",
    "magazine": None,
}


def order(order: Order) -> Body:
    token = f"{order.id:032x}"
    return {
        **ALWAYS,
        "id": order.id,
        "admin_graphql_api_id": gid("Order", order.id),
        "buyer_accepts_marketing": True,
        "cancel_reason": "customer" if order.cancelled_at else None,
        "cancelled_at": iso(order.cancelled_at) if order.cancelled_at else None,
        "checkout_token": token,
        "closed_at": iso(order.shipped_at) if order.shipped_at else None,
        "confirmation_number": f"{order.number:09X}",
        "contact_email": order.person.mail,
        "created_at": iso(order.placed_at),
        "email": order.person.mail,
        "financial_status": _financial_status(order),
        "fulfillment_status": "fulfilled" if order.shipped_at else None,
        "name": order.name,
        "number": order.number - 1000,
        "order_number": order.number,
        "order_status_url": f"https://shop.example/64300500001/orders/{token}/authenticate?key={token[::-1]}",
        "phone": None,
        "processed_at": iso(order.placed_at),
        "token": token,
        "total_weight": order.product.grams * order.quantity,
        "updated_at": iso(order.updated_at),
        **_whence(order),
        **_totals(order),
        **_discounts(order),
        "tax_lines": [tax_line(order)],
        "billing_address": postal_address(order.person),
        "customer": customer(order.person, order.updated_at),
        "fulfillments": [_fulfillment(order)] if order.shipped_at else [],
        "line_items": [line_item(order)],
        "shipping_address": postal_address(order.person),
        "shipping_lines": [_shipping_line(order)],
    }


def _financial_status(order: Order) -> str:
    if order.cancelled_at:
        return "voided"
    return "paid" if order.paid else "pending"


def _whence(order: Order) -> Body:
    """Where the order came from; a renewal comes from the contract, not from a page."""
    if order.renewal:
        tags, source, landing, referrer = (
            "Subscription, Subscription Recurring Order",
            "subscription_contract",
            None,
            None,
        )
    else:
        tags = "Subscription, Subscription First Order" if order.subscribed else ""
        source, referrer = "web", REFERRERS[order.media]
        landing = f"/products/{order.product.sku.lower()}?utm_source={order.media}&utm_medium=lp"
    return {
        "tags": tags,
        "source_name": source,
        "landing_site": landing,
        "referring_site": referrer,
        "note_attributes": [] if landing is None else [{"name": "utm_source", "value": order.media}],
    }


def _totals(order: Order) -> Body:
    """Current totals are what is left after changes: nothing of a cancelled order."""
    kept = 0 if order.cancelled_at else 1
    amounts = {
        "current_subtotal_price": order.total * kept,
        "current_total_discounts": order.discount * kept,
        "current_total_price": order.total * kept,
        "current_total_tax": order.tax * kept,
        "subtotal_price": order.total,
        "total_discounts": order.discount,
        "total_line_items_price": order.subtotal,
        "total_price": order.total,
        "total_tax": order.tax,
    }
    body: Body = {name: yen(amount) for name, amount in amounts.items()}
    body |= {f"{name}_set": money_set(amount) for name, amount in amounts.items()}
    body["total_outstanding"] = yen(0 if order.paid or order.cancelled_at else order.total)
    body["current_shipping_price_set"] = body["total_shipping_price_set"] = money_set(0)
    return body


def _discounts(order: Order) -> Body:
    if not order.discount:
        return {"discount_codes": [], "discount_applications": []}
    code = {"code": "HATSUKAI50", "amount": yen(order.discount), "type": "percentage"}
    application = {
        "target_type": "line_item",
        "type": "discount_code",
        "value": "50.0",
        "value_type": "percentage",
        "allocation_method": "across",
        "target_selection": "all",
        "code": "HATSUKAI50",
    }
    return {"discount_codes": [code], "discount_applications": [application]}


def _shipping_line(order: Order) -> Body:
    return {
        "id": order.id + 1,
        "carrier_identifier": None,
        "code": "宅配便",
        "current_discounted_price_set": money_set(0),
        "discounted_price": "0",
        "discounted_price_set": money_set(0),
        "is_removed": False,
        "phone": None,
        "price": "0",
        "price_set": money_set(0),
        "requested_fulfillment_service_id": None,
        "source": "shopify",
        "title": "宅配便(送料無料)",
        "tax_lines": [],
        "discount_allocations": [],
    }


def _fulfillment(order: Order) -> Body:
    shipped = iso(order.shipped_at or order.updated_at)
    return {
        "id": order.id + 2,
        "admin_graphql_api_id": gid("Fulfillment", order.id + 2),
        "created_at": shipped,
        "location_id": 71_200_300_001,
        "name": f"{order.name}.1",
        "order_id": order.id,
        "origin_address": {},
        "receipt": {},
        "service": "manual",
        "shipment_status": None,
        "status": "success",
        "tracking_company": "Yamato (JA)",
        "tracking_number": None,
        "tracking_numbers": [],
        "tracking_url": None,
        "tracking_urls": [],
        "updated_at": shipped,
        "line_items": [line_item(order)],
    }
