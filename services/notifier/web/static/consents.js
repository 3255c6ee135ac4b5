// The page consents.
