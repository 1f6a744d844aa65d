"""From a session's state to everything that the window shows, in words. Pure; Kivy is not needed."""

from __future__ import annotations

from screens.view_models.place import Place
from screens.view_models.present import Presenter, present

__all__ = ["Place", "Presenter", "present"]
