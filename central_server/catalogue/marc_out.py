"""All titles with their items as MARC 21, in ISO 2709 or MARCXML: what the import takes back without a change."""

from collections.abc import Iterable, Iterator
from itertools import groupby
from xml.etree import ElementTree

import sqlalchemy as sa
from pymarc import Record
from pymarc.marcxml import MARC_XML_NS, record_to_xml_node

from central_server.imports.marc_fields import record_of
from central_server.tables.library import item, title


def records(connection: sa.Connection, library: str) -> Iterator[Record]:
    """By the codes of the titles."""
    mine = sa.select(item).where(item.c.library_id == library).order_by(item.c.title_id, item.c.barcode)
    found = (dict(row) for row in connection.execute(mine).mappings())
    by_title = {title_id: list(rows) for title_id, rows in groupby(found, key=lambda row: row["title_id"])}
    titles = sa.select(title).where(title.c.library_id == library).order_by(title.c.code)
    for row in connection.execute(titles).mappings():
        yield from record_of(library, dict(row), by_title.get(row["id"], []))


def as_iso2709(found: Iterable[Record]) -> bytes:
    """In UTF-8."""
    return b"".join(record.as_marc() for record in found)


def as_xml(found: Iterable[Record]) -> bytes:
    """A collection of MARCXML."""
    nodes = (record_to_xml_node(record) for record in found)  # type: ignore[no-untyped-call]
    parts = [ElementTree.tostring(node, encoding="unicode") for node in nodes]
    head = f'<?xml version="1.0" encoding="UTF-8"?>\n<collection xmlns="{MARC_XML_NS}">\n'
    return (head + "\n".join(parts) + "\n</collection>\n").encode()
