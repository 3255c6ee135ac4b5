"""The store: the only place of the notifier that speaks SQL."""
