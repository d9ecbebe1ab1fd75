"""A whole analysis: a scenario simulated once, settled under many contracts, compared."""
