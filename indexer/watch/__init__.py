"""Watching: the loop that keeps a library indexed."""
