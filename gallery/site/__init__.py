"""Pictures of the centre's pages, as Debian's Chromium shows them."""
