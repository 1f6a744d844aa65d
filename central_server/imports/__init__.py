"""Importing what a school has: titles, items, patrons as CSV, rules and calendar as TOML; a report line by line."""
