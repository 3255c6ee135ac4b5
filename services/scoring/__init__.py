"""Scoring: facts become a risk."""
