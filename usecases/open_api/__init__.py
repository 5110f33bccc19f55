"""Third parties ask for examinations and send people to the images (tender B2.2, B2.3)."""
