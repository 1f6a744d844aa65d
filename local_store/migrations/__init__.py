"""How a store of an older schema becomes one of today. Imported only when there is something to do."""
