"""Dead letters: which there are, what became of them, and how they are put back."""
