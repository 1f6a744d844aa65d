from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest
import sqlalchemy as sa
from playwright.sync_api import Browser as Chromium

from central_server import organisations, people
from central_server.database import Store
from central_server.people import Role
from gallery.site import chromium as chromium_here
from tests.central_server.support import Server
from tests.central_server.web.browser import Browser
from tests.central_server.web.town import Town, town

HERE = Path(__file__).parent
PASSWORD = "cây đa bến nước sân đình"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Pages, looked at through a real server, take their time; on the other database they are the same once more."""
    for item in items:
        if item.path.is_relative_to(HERE) and "world" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.slow)
            if "[postgresql" in item.name:
                item.add_marker(pytest.mark.long)


@dataclass
class World:
    """A province with two communes, a school with a library in each; and the running server that has them. Every id
    begins with what is this test's alone."""

    server: Server
    store: Store
    library: str
    other_library: str
    province: str
    commune: str
    school: str
    other_school: str

    def person(self, role: Role, at: str) -> str:
        """Somebody with that role; answers their login. Their password is PASSWORD."""
        login = f"{role.value}.{uuid4().hex}"
        with self.store.writing.begin() as connection:
            identity, _first = people.add(connection, login, f"Cô {role.value}", 0)
            people.set_password(connection, identity, PASSWORD)
            people.give_role(connection, identity, at, role)
        return login

    def browser(self) -> Browser:
        return Browser(self.server.url)

    def signed_in(self, role: Role, at: str) -> Browser:
        """A browser in which somebody with that role is signed in."""
        browser = self.browser()
        assert browser.enter(self.person(role, at), PASSWORD) == 200
        return browser

    def one(self, statement: sa.Select[tuple[object]]) -> object:
        with self.store.reading.connect() as connection:
            return connection.scalar(statement)


@pytest.fixture
def world(server: Server, beside: Store, library: str, other_library: str) -> World:
    """The library of this test below a school, a commune and a province; another one beside it."""
    mark = uuid4().hex[:12]
    at = {name: f"{name}-{mark}" for name in ("province", "commune", "school", "farther", "elsewhere")}
    with beside.writing.begin() as connection:
        add = organisations.add
        add(connection, at["province"], "province", "Vĩnh Long")
        add(connection, at["commune"], "commune", "Xã An Bình", parent=at["province"])
        add(connection, at["farther"], "commune", "Phường Long Châu", parent=at["province"])
        school = {"one_school": True, "level": "primary", "pupils": 400}
        add(connection, at["school"], "school", "Trường Tiểu học Hoa Sen", parent=at["commune"], **school)
        add(connection, at["elsewhere"], "school", "Trường Tiểu học Sao Khuê", parent=at["farther"], **school)
        add(connection, library, "library", "Thư viện Hoa Sen", parent=at["school"], library=library)
        other = organisations.of_library(connection, other_library)
        if other is None:
            add(connection, other_library, "library", "Sao Khuê", parent=at["elsewhere"], library=other_library)
        else:
            organisations.move(connection, other.id, at["elsewhere"])
    return World(server, beside, library, other_library, at["province"], at["commune"], at["school"], at["elsewhere"])


@pytest.fixture
def at_work(world: World) -> Callable[[Role], Browser]:
    """Somebody with a role: at the school, or, for who is above it, at the province."""
    return lambda role: world.signed_in(role, world.school if role in people.OF_A_SCHOOL else world.province)


@pytest.fixture
def desk(world: World) -> str:
    return f"/desk/{world.library}"


@pytest.fixture
def librarian(at_work: Callable[[Role], Browser]) -> Browser:
    return at_work(Role.LIBRARIAN)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Chromium]:
    """Debian's. Not for the whole run: while it is there, nobody else has an event loop."""
    if chromium_here.PROGRAM is None:
        pytest.skip(chromium_here.HOW_TO_GET_IT)
    with chromium_here.running() as browser:
        yield browser


@pytest.fixture(scope="session")
def hoa_sen(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """The sample school, for tests that look."""
    with town(tmp_path_factory.mktemp("town")) as here:
        yield here
