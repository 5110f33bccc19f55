"""Messages that come in by REST are taken once."""
