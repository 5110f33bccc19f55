"""Other archives: who they are, what they may, how they are reached."""
