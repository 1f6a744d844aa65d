"""The composition root: the one place that knows every adapter. Imported only by entry points."""
