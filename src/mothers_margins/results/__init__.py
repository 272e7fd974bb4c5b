"""The contract between the floors: tidy numbers that know what they count."""
