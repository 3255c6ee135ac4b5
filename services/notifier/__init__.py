"""The notifier: a risk becomes a step taken with a customer, by machine or by a person."""
