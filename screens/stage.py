"""Kivy's side of the kiosk: builds the pages, shows one, keeps every way out closed. Imported after prepare_kivy."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from kivy.app import App
from kivy.clock import Clock
from kivy.core.window import Window
from kivy.graphics.opengl import GL_RGB, GL_UNSIGNED_BYTE, glFinish, glReadPixels
from kivy.uix.floatlayout import FloatLayout

from kiosk.session.states import Look, State
from screens import theme
from screens.bridge import UiBridge
from screens.navigator import LATER, PageName, on_top, page_class, page_of
from screens.pictures import Pictures
from screens.view_models.views import Shown
from screens.widgets.picture import art_texture
from screens.widgets.text import register_fonts, warm_font


class Stage(App):  # type: ignore[misc]
    title = "Trạm Xanh"

    def __init__(
        self,
        bridge: UiBridge,
        present: Callable[[State], Shown],
        *,
        fullscreen: bool,
        motion: bool,
        pictures: Pictures | None,
        on_first_frame: Callable[[], None],
        on_beat: Callable[[], None],
        on_painted: Callable[[State], None] | None,
    ) -> None:
        super().__init__()
        self._fullscreen = fullscreen
        self._motion = motion
        self._bridge = bridge
        self._present = present
        self._tell_first_frame: Callable[[], None] | None = on_first_frame
        self._beat = on_beat
        self._tell_painted = on_painted
        self._pictures = pictures
        self._pages: dict[PageName, Any] = {}
        self._page: Any = None
        self._shown: Shown | None = None
        self._look = Look.USUAL
        self._watched: Any = None  # the widget on top that shows what the camera sees
        self._state = State()
        self._untold: State | None = None
        self._wake = Clock.create_trigger(self._take)
        self._wake_eyes = Clock.create_trigger(self._see)
        self._chores_left = self._chores()
        self._next_chore = Clock.create_trigger(self._do_chore)
        self._leave = Clock.create_trigger(self.stop)
        self._tell_without_flip = Clock.create_trigger(self._tell)

    # Nothing of Kivy's own comes up
    def open_settings(self, *_: object) -> bool:
        return False

    def load_kv(self, *_: object, **__: object) -> bool:
        return False

    def build(self) -> Any:
        Window.bind(
            on_flip=self._flip,
            on_request_close=lambda *_, **__: self._fullscreen,
            on_keyboard=lambda *_, **__: True,
            on_resize=self._resized,
        )
        register_fonts()
        self._use_theme()
        self.root = FloatLayout()
        self._state = self._bridge.take() or self._state
        self._show(self._present(self._state))
        self._untold = self._state
        return self.root

    def on_start(self) -> None:
        self._bridge.attach(self._wake)
        Clock.schedule_interval(lambda _: self._beat(), 1.0)

    def on_stop(self) -> None:
        self._bridge.attach(lambda: None)
        self._bridge.watch(None)
        Window.unbind(on_flip=self._flip)

    def ask_to_stop(self) -> None:
        """From any thread."""
        self._leave()

    def _use_theme(self) -> None:
        theme.use(theme.Theme.of(self._look, theme.unit_for(*Window.size)))
        Window.clearcolor = theme.now().rgba("paper")  # what every page lies on

    def _resized(self, *_: object) -> None:
        if self.root is None or theme.unit_for(*Window.size) == theme.now().unit:
            return
        self._forget_pages()
        if self._shown:
            shown, self._shown = self._shown, None
            self._show(shown)

    def _forget_pages(self) -> None:
        """Pages are built for one size and one look: a change is rare enough to build them again."""
        for page in self._pages.values():
            page.run(False)
        self._watch(None)
        self._use_theme()
        self.root.clear_widgets()
        self._pages.clear()
        self._page = None
        self._chores_left = self._chores()
        self._next_chore()

    # Pages
    def _page_named(self, name: PageName) -> Any:
        if name not in self._pages:
            # Its size is set at once, so that it is laid out before it is shown.
            self._pages[name] = page_class(name)(self._bridge, animated=self._motion, size=Window.size)
        return self._pages[name]

    def _chores(self) -> Iterator[None]:
        """What can wait until the first frame is there, and would make a later one late; a little at a time."""
        for name in LATER:
            yield
            self._page_named(name)
        for role in theme.TYPE_SIZES:
            yield
            warm_font(role)
        for art in sorted(theme.illustrations()):
            yield
            art_texture(art)

    def _do_chore(self, _: float) -> None:
        if next(self._chores_left, self) is not self:
            self._next_chore()

    def _take(self, _: float) -> None:
        state = self._bridge.take()
        if state is None:
            return
        self._state = self._untold = state
        self._show(self._present(state))
        self._tell_without_flip()

    def _show(self, shown: Shown) -> None:
        if shown == self._shown:
            return
        self._shown = shown
        if shown.look is not self._look:
            self._look = shown.look
            self._forget_pages()
        page = self._page_named(page_of(shown.page))
        page.paint(shown.page)
        if page is not self._page:
            if self._page is not None:
                self._page.run(False)
                self._page.look_away()
                self.root.remove_widget(self._page)
            self._page = page
            self.root.add_widget(page, index=len(self.root.children))
        page.run(shown.idle is None)
        if shown.idle or PageName.IDLE in self._pages:
            self._lay_over(shown)
        self._watch(None if shown.idle else page.live)
        if self._pictures:
            self._pictures.painted(f"{on_top(shown)}-{self._state.language}")

    def _lay_over(self, shown: Shown) -> None:
        idle = self._page_named(PageName.IDLE)
        if shown.idle:
            idle.paint(shown.idle)
            if idle.parent is None:
                self.root.add_widget(idle)
        elif idle.parent is not None:
            self.root.remove_widget(idle)
        idle.run(shown.idle is not None)

    def _watch(self, live: Any) -> None:
        if live is not self._watched:
            self._watched = live
            self._bridge.watch(self._wake_eyes if live else None)

    def _see(self, _: float) -> None:
        if self._watched is not None:
            self._watched.show(self._bridge.look(), self._bridge.monotonic())

    # Frames
    def _flip(self, window: Any) -> bool:
        if self._pictures and self._pictures.due():
            width, height = (int(side) for side in window.size)
            self._pictures.save(width, height, bytes(glReadPixels(0, 0, width, height, GL_RGB, GL_UNSIGNED_BYTE)))
        window.flip()
        glFinish()  # without a display nothing else waits for the frame, and memory would grow
        if self._pictures and self._pictures.waiting:
            window.canvas.ask_update()
        if self._tell_first_frame:
            tell, self._tell_first_frame = self._tell_first_frame, None
            tell()
            self._next_chore()
        self._tell()
        return True  # flipped already: Kivy need not do it again

    def _tell(self, *_: object) -> None:
        state, self._untold = self._untold, None
        if state is not None and self._tell_painted:
            self._tell_painted(state)
