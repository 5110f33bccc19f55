"""Orders from the RIS or HIS."""
