"""Every event of the system, once: envelope, facts, topics, ids. Pure: nothing here does I/O."""
