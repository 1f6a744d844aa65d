"""Books that readers brought back alone and that nobody of the staff has seen yet: until then it counts who did."""

from collections.abc import Collection

import sqlalchemy as sa

from central_server.among import among
from central_server.bodies import Checked, CheckIn, read_body
from central_server.order import Place
from central_server.tables.operations import ITS_BODY, check_in, loan_end, operation, operation_body
from central_server.wire import Operation

_PLACE = ("library_id", "device", "epoch", "seq")


def unseen(connection: sa.Connection, library: str, loans: Collection[str]) -> set[str]:
    """Those of `loans` that ended by such a return, as far as it was not taken back."""
    waits: dict[Place, str] = {}
    of_operation = sa.and_(*(operation.c[name] == loan_end.c[name] for name in _PLACE))
    stands = sa.and_(check_in.c.barcode == operation.c.barcode, *(check_in.c[n] == loan_end.c[n] for n in _PLACE))
    whole = (operation, operation_body.c.body)
    ended = sa.select(loan_end.c.loan_id, *whole).join(operation, of_operation).join(check_in, stands)
    mine = (loan_end.c.library_id == library, among(loan_end.c.loan_id, loans), loan_end.c.named)
    for row in connection.execute(ended.join(operation_body, ITS_BODY).where(*mine)):
        body = _body(row)
        if isinstance(body, CheckIn) and body.data.to_check:
            waits[Place(row.device, row.epoch, row.seq)] = row.loan_id
    if not waits:
        return set()
    devices = among(operation.c.device, {place.device for place in waits})
    seen = sa.select(*whole).join(operation_body, ITS_BODY)
    for row in connection.execute(
        seen.where(operation.c.library_id == library, devices, operation.c.kind == "checked")
    ):
        body = _body(row)
        if isinstance(body, Checked):
            waits.pop(Place(row.device, body.data.operation.epoch, body.data.operation.seq), None)
    return set(waits.values())


def _body(row: sa.Row[tuple[object, ...]]) -> object:
    told = Operation(row.epoch, row.seq, row.hash, bytes(row.body).decode(), None)
    return read_body(told, row.library_id, row.device)
