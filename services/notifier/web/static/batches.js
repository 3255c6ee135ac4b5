// The page batches.
