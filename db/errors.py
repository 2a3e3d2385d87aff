"""What can go wrong, sorted by who must act.

FilmdexError
 ├── MediaError      the file: its job fails, and is not tried again until the file changes
 │    └── LimitError      the file asked for more than it is allowed; the limits are configuration
 ├── WorkerError     the decoding process died or misbehaved: one attempt is spent
 ├── ModelError      whoever deployed the model: filmdex refuses to start
 │    └── ProviderUnavailable
 ├── StoreError      whoever runs the database
 │    ├── DamagedError    the same: a library's file is torn; a copy from before it is what helps
 │    ├── UnknownError    or the user: nothing in the library answers to that name or number
 │    ├── NotIndexedError  or nobody: the film has no run yet, or none that came to its end
 │    ├── IndexFault      the same, or nobody: everything is found without that index, and slower
 │    └── UnreachableError  nobody yet: the server is away; what was under way is tried again
 ├── ClaimLostError  nobody: another process has the film now, and will write its result
 ├── FilmChangedError  nobody: the file was written to meanwhile; it is taken up again
 ├── ClusterError    whoever runs the cluster: a host cannot be reached, or does not fit in
 ├── ConfigError     whoever wrote the configuration
 ├── PolicyError     whoever wrote the policy, with line and column of every mistake
 ├── OutputError     the user: what was asked for cannot be written so, or not there
 ├── CursorError     the user: no place in the results of this search
 └── QueryError      the user, with the column

An `OSError` is left as it is: the disk or the network, back off and try again.
Every message names its subject, what happened, and what to do about it.
"""

from typing import Self

NO_LIBRARY = "there is no library; `filmdex index FOLDER` makes one"


class FilmdexError(Exception):
    """Anything that filmdex itself refuses."""

    def __reduce__(self) -> tuple[object, ...]:
        """Come out of another process as it was, whatever it was made of."""
        return type(self)._again, (self.args, self.__dict__)

    @classmethod
    def _again(cls, said: tuple[object, ...], more: dict[str, object]) -> Self:
        error = cls.__new__(cls, *said)
        error.__dict__.update(more)
        return error


class MediaError(FilmdexError):
    """The file cannot be indexed as it is."""


class LimitError(MediaError):
    """The file needed more memory, time or frames than the limits allow."""


class WorkerError(FilmdexError):
    """The decoding process crashed or broke its protocol."""


class ModelError(FilmdexError):
    """The model bundle is damaged, foreign or unusable."""


class ProviderUnavailable(ModelError):
    """An ONNX Runtime provider was asked for by name and is not what opened."""


class StoreError(FilmdexError):
    """The database cannot be used as it is."""


class DamagedError(StoreError):
    """A library's file does not hold together any more."""


class UnknownError(StoreError):
    """What was named is not in the library."""


class NotIndexedError(StoreError):
    """A film of which nothing has been seen yet, or that could not be."""


class IndexFault(StoreError):
    """The index of similar shots is damaged or another's; what is in the database counts."""


class UnreachableError(StoreError):
    """The database's server cannot be reached, or the connection to it was lost."""


class ClaimLostError(FilmdexError):
    """A film was taken over by another process while this one worked on it."""


class FilmChangedError(FilmdexError):
    """A file was written to while it was being indexed."""


class ClusterError(FilmdexError):
    """A cluster, or a host of it, cannot be worked with; the message names which."""


class ConfigError(FilmdexError):
    """A setting is unknown or has a value that it cannot have."""


class PolicyError(FilmdexError):
    """A policy that cannot be read, or that does not fit a model."""


class OutputError(FilmdexError):
    """An output that cannot be written as asked: the format, the film or the place forbids it."""


class CursorError(FilmdexError):
    """A cursor that is damaged, or that another search gave."""


class QueryError(FilmdexError):
    """A query that cannot be read; `column` counts from 0 in `text`."""

    def __init__(self, message: str, text: str, column: int) -> None:
        self.message, self.text, self.column = message, text, column
        super().__init__(message)

    def __str__(self) -> str:
        """Show the message with the query under it and a caret under the column."""
        return f"{self.message}\n  {self.text}\n  {' ' * self.column}^"
