"""Pictures and censored copies of a film, made in a confined child as all decoding is."""
