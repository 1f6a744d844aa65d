"""What is used on more than one page. A widget knows how it looks, never what the station does."""
