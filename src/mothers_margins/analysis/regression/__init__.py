"""Logistic regression: data, fit, pooling, checks, predictions."""
