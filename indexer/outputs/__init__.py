"""What a verdict's spans are written as: a small module a format, from a cut list to bytes."""
