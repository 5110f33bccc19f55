"""Which WeChat user may enter for which patient: bound, listed, entered by one tap, unbound."""
