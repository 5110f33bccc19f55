"""OAuth 2.0: clients are registered, codes and tokens issued, renewed, checked and ended."""
