"""The contract and the plumbing that all services share; never a business rule."""
