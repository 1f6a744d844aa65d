"""Two large keys that turn the pages of a list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from screens import theme
from screens.widgets.key import KeyButton
from screens.widgets.row_plan import PAGER


class Pager:
    """On the right edge of `owner`, PAGER u wide; nothing while there is one page. `turned`: `page` is another now."""

    def __init__(self, owner: Any, turned: Callable[[], None]) -> None:
        self.page = 0
        self._pages = 1
        self._owner = owner
        self._turned = turned
        self.up = KeyButton(icon="caret-up", icon_units=5, size_hint=(None, None))
        self.down = KeyButton(icon="caret-down", icon_units=5, size_hint=(None, None))
        self.up.fbind("on_tap", lambda *_: self._turn(-1))
        self.down.fbind("on_tap", lambda *_: self._turn(1))

    def _turn(self, by: int) -> None:
        self.page = max(0, min(self._pages - 1, self.page + by))
        self._turned()

    def lay(self, pages: int) -> None:
        """Of so many pages, `page` stays one."""
        look, owner = theme.now(), self._owner
        self._pages = pages
        self.page = min(self.page, pages - 1)
        for key, up in ((self.up, True), (self.down, False)):
            if pages > 1 and key.parent is None:
                owner.add_widget(key)
            elif pages == 1 and key.parent is not None:
                owner.remove_widget(key)
            high = min(look.px(20), (owner.height - look.px(1.6)) / 2)
            key.size = (look.px(PAGER), high)
            top = owner.y + owner.height - high
            key.pos = (owner.x + owner.width - look.px(PAGER), top if up else top - high - look.px(1.6))
            key.deaf = self.page == 0 if up else self.page == pages - 1
