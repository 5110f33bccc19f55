"""From one door to another by a one-time ticket."""
