"""Templates: the words of the messages, in Japanese, and how they are put together."""
