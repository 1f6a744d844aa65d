"""Scanners: where cards and books come in."""
