"""Scoring's HTTP interface."""
