"""The nouns of filmdex and where they are kept. Start reading in `records.py`."""
