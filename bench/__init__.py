"""How fast the product is, beside others fed with the same bytes. `python -m bench NAME`."""
