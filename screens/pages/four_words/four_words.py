"""An enrolment on its way: four words, as large as they can be, for two people to compare."""

from __future__ import annotations

from kivy.properties import NumericProperty, StringProperty

from screens.view_models.views import FourWordsView
from screens.widgets.page import Page, keep
from screens.widgets.surface import Box


class Word(Box):
    u = NumericProperty(1.0)
    number = StringProperty("")
    word = StringProperty("")


class FourWordsPage(Page):
    about = StringProperty("")
    title = StringProperty("")
    text = StringProperty("")
    art = StringProperty("enrol")

    def paint(self, view: FourWordsView) -> None:
        self.about, self.title, self.text, self.art = view.about, view.title, view.text, view.art
        shown = (self.ids.word_1, self.ids.word_2, self.ids.word_3, self.ids.word_4)
        for number, (place, word) in enumerate(zip(shown, view.words or ("",) * len(shown), strict=True), 1):
            place.number, place.word = str(number), word
        keep(self.ids.body, self.ids.grid.__self__, bool(view.words), index=1)
        keep(self.ids.body, self.ids.drawing.__self__, not view.words, index=1)
        self.ids.language.show(view.language)
        self.show_left(view.left)
