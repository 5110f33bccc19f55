"""What is said over an association: verification, storage, query and retrieve, storage commitment
(PS3.4 annexes A, B, C, J). No sockets here."""
