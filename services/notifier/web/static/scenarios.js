// The page scenarios.
