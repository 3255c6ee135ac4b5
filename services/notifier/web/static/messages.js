// The page messages.
