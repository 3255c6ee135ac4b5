"""The services; each stands on `shared`, none knows another."""
