"""Sockets and clocks around the protocol: the only place of `dicomnet` that does I/O."""
