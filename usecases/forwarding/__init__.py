"""Studies that go on to other systems."""
