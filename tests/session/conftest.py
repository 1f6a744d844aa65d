import pytest

from tests.session.play import Play_


@pytest.fixture
def play() -> Play_:
    return Play_()
