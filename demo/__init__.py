"""The demonstration: made-up patients and phantoms, sent through the product's own front doors.

Nothing here holds a foreign image or a real person: bodies are computed from shapes, ID cards
carry valid check digits in a region code that does not exist.
"""
