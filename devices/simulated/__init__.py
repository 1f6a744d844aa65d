"""What stands in for a device: shipped, so that demonstrations and tests use the same."""
