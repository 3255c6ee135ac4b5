"""A shop whose customers' true risk of leaving is known; it speaks Shopify's webhooks."""
