"""Messages from other systems: taken once, and what became of them."""
