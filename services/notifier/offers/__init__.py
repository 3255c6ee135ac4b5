"""Offers: what may be proposed to a customer who wants to leave, and what never."""
