"""Lies outside of the releases on a station (/opt/tram-xanh/chooser), and is run file by file."""
