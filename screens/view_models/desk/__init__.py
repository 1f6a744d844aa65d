"""The pages of the librarian's desk, as they are painted."""
