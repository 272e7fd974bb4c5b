"""Missing values: patterns, imputation, sensitivity."""
