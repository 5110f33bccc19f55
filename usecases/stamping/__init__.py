"""An examination's code onto the RIS' own report."""
