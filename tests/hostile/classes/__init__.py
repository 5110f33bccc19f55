"""The malformed-input classes of the battery, a module each: `cases()` yields name, bytes and what
must come of them."""
