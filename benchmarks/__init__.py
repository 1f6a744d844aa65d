"""What people wait for, as numbers, each beside a limit that was measured in the same run."""
