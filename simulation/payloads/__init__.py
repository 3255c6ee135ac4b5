"""PURE. Shopify's webhook bodies, API version 2026-04, one file per family of topics."""
