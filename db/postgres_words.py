"""What PostgreSQL's full text index holds of a title; the schema and searches say it alike."""

# Its folded words, each a lexeme as it stands. They are cut at spaces and not by a text search
# configuration, which would cut and stem otherwise.
TITLE_WORDS = "array_to_tsvector(array_remove(string_to_array(film.title_folded, ' '), ''))"
