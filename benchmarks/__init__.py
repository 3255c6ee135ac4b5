"""Benchmarks: what the system costs, told as ratios wherever a ratio will do."""
