"""The kiosk.toml of a station that needs nothing outside its own folder."""

STATION = """
[station]
library = "hoa-sen"
device = "tram-1"
data = "data"
[codes]
card = 'HS[0-9]{6}'
item = 'TK[0-9]{5}'
[central]
kind = "simulated"
[sound]
kind = "none"
"""
