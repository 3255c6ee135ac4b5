"""What a webhook costs: ingest beside the bare server and beside the usual service, in one run."""
