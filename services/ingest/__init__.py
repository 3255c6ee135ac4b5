"""Ingest: a signed webhook becomes facts, and is answered only when they are durable."""
