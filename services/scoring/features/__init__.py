"""Features: folds over a customer's facts; one file per family, each with `update` and `read`. Pure."""
