"""How fast alerts come before agents, and whether each comes exactly once."""
