"""A whole library on one machine, driven from outside: by its programs, its scanner and its wire, never by its code."""
