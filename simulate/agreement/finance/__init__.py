"""What comes on top of an agreement's settlements: costs, capital, reinsurance, advances."""
