"""Sounds, for those who look at their book and not at the screen."""
