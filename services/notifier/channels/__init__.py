"""Channels: one file per way out; each sends one message and says what became of it."""
