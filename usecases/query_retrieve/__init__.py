"""What other systems ask of our archive: which studies there are, and the objects themselves."""
