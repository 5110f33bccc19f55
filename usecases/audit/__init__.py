"""The book of who looked at what."""
