"""Hospital apps: how each proves that it is the one who hands somebody over."""
