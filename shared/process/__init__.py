"""What every process does: settings, logs, metrics, health, run and drain."""
