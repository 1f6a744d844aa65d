from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from tests.system.machine import Machine, machine


@pytest.fixture
def there() -> Iterator[Machine]:
    """Not booted yet. Not under pytest's own folder, which keeps what it was given."""
    with TemporaryDirectory(prefix="tram-xanh-machine-", dir="/var/tmp") as folder, machine(Path(folder)) as made:
        yield made
