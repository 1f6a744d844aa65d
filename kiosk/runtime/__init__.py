"""Threads: one owns the session, one owns the store's writing connection, the others only post."""
