"""Probabilities, expectations and tails of simulated outcomes, with their errors."""
