"""A library's catalogue, as librarians work with it: titles, copies, labels, stocktakes, and what goes out of it."""
