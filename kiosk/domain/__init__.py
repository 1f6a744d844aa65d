"""What a library is, and its rules. Pure: no clock, no store, no screen."""
