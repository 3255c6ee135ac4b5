"""Identity: one customer, one id. Today an account is a customer; merging accounts comes later."""
