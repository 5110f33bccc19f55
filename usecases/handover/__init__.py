"""The hospital's own app hands somebody over."""
