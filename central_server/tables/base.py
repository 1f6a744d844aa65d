"""Where every table stands."""

from sqlalchemy import MetaData

metadata = MetaData()
