"""What the user states: the ACO, the assumptions, the run."""
