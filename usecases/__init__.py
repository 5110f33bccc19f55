"""What the product does: one verb a file; the tree is the feature list."""
