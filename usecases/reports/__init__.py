"""Reports from the RIS."""
