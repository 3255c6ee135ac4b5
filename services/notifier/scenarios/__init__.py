"""Scenarios: what to do about a risk, as data, and the pure rules that decide each step."""
