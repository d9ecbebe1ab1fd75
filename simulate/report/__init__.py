"""What the user sees: terminal tables, figures, the HTML report."""
