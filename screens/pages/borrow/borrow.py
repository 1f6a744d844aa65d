"""Borrowing: every book that beeps is lent, and stands on the shelf."""

from __future__ import annotations

from kivy.properties import BooleanProperty, ListProperty, NumericProperty, StringProperty

from screens.view_models.views import BorrowView
from screens.widgets.page import keep
from screens.widgets.scanning import ScanningPage


class BorrowPage(ScanningPage):
    ROWS_BUILT = 5
    shelf_line = StringProperty("")
    shelf_total = NumericProperty(0)
    shelf_colours = ListProperty([])
    of_staff = BooleanProperty(False)

    def paint(self, view: BorrowView) -> None:
        self.shelf_line, self.shelf_total = view.shelf_line, view.shelf_total
        self.shelf_colours = list(view.shelf_colours)
        desk = self.ids.desk.__self__
        keep(self.ids.foot, desk, False)  # so that the left key comes to its left
        self.paint_books(view)
        keep(self.ids.foot, desk, view.desk is not None, index=1)
        self.of_staff = view.desk is not None
        if view.desk is not None:
            desk.show(view.desk)
