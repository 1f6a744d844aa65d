"""What the reader sees: session states in, touches out."""
