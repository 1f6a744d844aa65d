"""What the kiosk needs of the outside, in its own words."""
