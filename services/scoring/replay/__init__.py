"""Replay: what a model with these or those bands would have told, day by day, of a history. Pure."""
