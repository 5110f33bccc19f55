"""Accounts of doctors and administrators."""
