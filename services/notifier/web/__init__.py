"""The pages of the desk: what an agent sees."""
