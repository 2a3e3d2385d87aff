"""The page: the library in a browser, and everything it does as an API under /api/v1."""
