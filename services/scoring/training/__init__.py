"""Training: the event log becomes a model, through the very folds that serve it."""
