"""Shares: a patient or a doctor gives one examination to somebody else, for a while."""
