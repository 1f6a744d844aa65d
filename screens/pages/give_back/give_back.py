"""Returning: no card, no names; each book says where it goes."""

from __future__ import annotations

from screens.view_models.views import ReturnView
from screens.widgets.scanning import ScanningPage


class GiveBackPage(ScanningPage):
    def paint(self, view: ReturnView) -> None:
        self.paint_books(view)
