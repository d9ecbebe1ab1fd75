"""Held against the outside: replay of published settlements and answer keys."""
