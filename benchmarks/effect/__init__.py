"""Benchmark of the measured effect: do its intervals hold what is true, and may one look every day?"""
