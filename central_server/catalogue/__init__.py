"""A library's catalogue, as librarians work with it: titles, items, labels, stocktakes, and what goes out of it."""
