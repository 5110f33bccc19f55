"""Reading what the receiver has stored."""
