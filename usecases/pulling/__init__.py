"""Fetching from PACS that do not send by themselves, and closing the gaps that are left."""
