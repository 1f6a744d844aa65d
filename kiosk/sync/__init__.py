"""Telling the centre what happened here, and hearing what it has to say. It never holds up a reader."""
