"""Other systems are told what has become of an examination: its code, its state, its report."""
