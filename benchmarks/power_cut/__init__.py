"""What the power leaves on the disk: the real station's writes are recorded, and the disk is rebuilt at every point."""
