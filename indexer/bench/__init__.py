"""What indexing costs beside other ways of going through a film, measured on this machine."""
