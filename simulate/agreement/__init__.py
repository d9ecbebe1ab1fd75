"""An agreement of several performance years: its path of contracts, simulated and settled."""
