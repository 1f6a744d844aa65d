"""What keeps a station well without a hand: logs, figures, audit, housekeeping."""
