"""Proving who is looking."""
