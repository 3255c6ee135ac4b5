"""PostgreSQL: engine and transaction, migrations, owned offsets, processed events, outbox."""
