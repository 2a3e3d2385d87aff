"""From a film to its tags. Start reading in `pipeline.py`."""
