"""PURE. Effect (効果): what a scenario came to, always beside those who were left alone."""
