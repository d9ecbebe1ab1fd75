"""Turns a scenario into simulated performance years."""
