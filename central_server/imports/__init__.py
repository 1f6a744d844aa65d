"""Importing what a school has: titles, items and patrons as CSV, rules and calendar as TOML, with a report line by line."""
