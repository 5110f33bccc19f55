"""What administrators set up for pages."""
