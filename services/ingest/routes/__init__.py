"""The ways in, over HTTP."""
