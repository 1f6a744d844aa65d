"""Importing what a school has: titles, items, patrons as Excel or CSV, settings as TOML; a report line by line."""
