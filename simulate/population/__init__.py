"""Who is assigned, and what they spend."""
