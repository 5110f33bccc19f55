"""Keeps the product's processes running: start, probe, restart, stop."""
