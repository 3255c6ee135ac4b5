"""Backtest: what the model would have said in the past, beside simpler rules and what then happened."""
