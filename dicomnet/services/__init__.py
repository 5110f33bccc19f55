"""What is said over an association: verification and storage, both sides (PS3.4 annexes A, B)."""
