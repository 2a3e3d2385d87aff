"""The index of similar shots: a graph beside the database, and how it is kept and asked."""
