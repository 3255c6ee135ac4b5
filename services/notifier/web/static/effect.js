// The page effect.
