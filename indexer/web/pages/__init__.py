"""The pages that people see; what they show, they ask of the API's own functions."""

from . import audit, film, library, login, policies, review, search, status

PAGES = (library, film, search, review, policies, status, audit, login)
