"""Pictures out of films, made when they are asked for and kept for a while."""
