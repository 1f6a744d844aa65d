"""Borrowing: every book that beeps is lent, and stands on the shelf."""

from __future__ import annotations

from kivy.properties import ListProperty, NumericProperty, StringProperty

from screens.view_models.views import BorrowView
from screens.widgets.scanning import ScanningPage


class BorrowPage(ScanningPage):
    ROWS_BUILT = 5
    shelf_line = StringProperty("")
    shelf_total = NumericProperty(0)
    shelf_colours = ListProperty([])

    def paint(self, view: BorrowView) -> None:
        self.shelf_line, self.shelf_total = view.shelf_line, view.shelf_total
        self.shelf_colours = list(view.shelf_colours)
        self.paint_books(view)
