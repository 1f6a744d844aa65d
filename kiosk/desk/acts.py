"""Which act answers which question."""

from __future__ import annotations

from kiosk.desk.ask import ask as ask_centre
from kiosk.desk.call_help import call_help
from kiosk.desk.check_in import check_in
from kiosk.desk.check_out import check_out
from kiosk.desk.date_boots import date_boots
from kiosk.desk.enter import enter_desk, leave_desk, prove_card, set_pin
from kiosk.desk.identify_patron import identify_patron, resolve_code
from kiosk.desk.list_books import list_books
from kiosk.desk.readers import find_readers, open_book, open_reader, open_title
from kiosk.desk.recording import Tools
from kiosk.desk.renew import renew
from kiosk.desk.requests import list_requests
from kiosk.desk.settings import list_settings
from kiosk.desk.take_back import take_back
from kiosk.desk.use_in_house import record_visit, use_in_house
from kiosk.desk.work_lists import count_work, list_work, tick_off
from kiosk.domain.staff import Staff
from kiosk.ports.on_store import OnStore
from kiosk.ports.store import UnitOfWork
from kiosk.session.effects import (
    Ask,
    AtTheDesk,
    CallHelp,
    CheckIn,
    CheckOut,
    CountWork,
    FindReaders,
    IdentifyPatron,
    InSteps,
    ListBooks,
    ListRequests,
    ListSettings,
    ListWork,
    OneStep,
    OpenBook,
    OpenReader,
    OpenTitle,
    ProveCard,
    Renew,
    ResolveCode,
    SetPin,
    TakeBack,
    TickOff,
    UseInHouse,
)
from kiosk.session.inputs import Answer, CardProved, DeskClosed, DeskEntered, PinRefused


class Desk:
    """Runs on the store thread, one act in one unit of work; but for `enter`."""

    def __init__(self, tools: Tools) -> None:
        self._tools = tools

    def answer(self, ask: OneStep, work: UnitOfWork) -> Answer:
        """Raises StoreBroken when nothing can be made durable; then nothing of the act was."""
        if isinstance(ask, AtTheDesk) and ask.by is not None and work.staff(ask.by.staff.id) != ask.by.staff:
            return DeskClosed(ask.visit, ask.request, self._tools.clock.monotonic())
        match ask:
            case CheckOut():
                return check_out(work, ask, self._tools)
            case CheckIn():
                return check_in(work, ask, self._tools)
            case IdentifyPatron():
                return identify_patron(work, ask, self._tools)
            case TakeBack():
                return take_back(work, ask, self._tools)
            case ListBooks():
                return list_books(work, ask, self._tools)
            case Renew():
                return renew(work, ask, self._tools)
            case ResolveCode():
                return resolve_code(work, ask, self._tools)
            case UseInHouse():
                return use_in_house(work, ask, self._tools)
            case Ask():
                return ask_centre(work, ask, self._tools)
            case CallHelp():
                return call_help(work, ask, self._tools)
            case SetPin():
                return set_pin(work, ask, self._tools)
            case FindReaders():
                return find_readers(work, ask, self._tools)
            case OpenReader():
                return open_reader(work, ask, self._tools)
            case OpenBook():
                return open_book(work, ask, self._tools)
            case OpenTitle():
                return open_title(work, ask, self._tools)
            case CountWork():
                return count_work(work, ask, self._tools)
            case ListWork():
                return list_work(work, ask, self._tools)
            case TickOff():
                return tick_off(work, ask, self._tools)
            case ListSettings():
                return list_settings(work, ask, self._tools)
            case ListRequests():
                return list_requests(work, ask, self._tools)

    def enter(self, ask: InSteps, on_store: OnStore) -> DeskEntered | CardProved | PinRefused:
        """In units of work of its own. Raises StoreBroken."""
        if isinstance(ask, ProveCard):
            return prove_card(on_store, ask, self._tools)
        return enter_desk(on_store, ask, self._tools)

    def left(self, staff: Staff, work: UnitOfWork) -> None:
        """Writes down that the desk was locked that they had opened. Raises StoreBroken."""
        leave_desk(work, staff, self._tools)

    def visited(self, patron_id: str, work: UnitOfWork) -> bool:
        """Writes down that this patron came, once a day. Raises StoreBroken."""
        return record_visit(work, patron_id, self._tools)

    def date_boots(self, limit: int, work: UnitOfWork) -> int:
        """The next step of dating what happened at an unsure time; 0: nothing is left. The caller commits. Raises
        StoreBroken."""
        return date_boots(work, self._tools, limit)
