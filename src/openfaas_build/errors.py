"""Say what is wrong, why, and what to do.

Every message to a user is a Notice: the problem with the user's own value and
place, the likely cause, the remedy. A Notice that stops us travels in a
BuildError; one that does not is a warning and travels in the plan or the
report. A BuildError can carry several, so that a stack file's faults are told
in one run and not one per run.

Only `entrypoint.py` turns an error into an exit.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

EXIT_OK = 0
EXIT_FAILED = 1
EXIT_REQUEST = 2
EXIT_MACHINE = 3
EXIT_INTERRUPTED = 130


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """One thing to tell a user: a fault, a warning, or a hint that explains an error of others.

    `file` and `line` (1-based, 0: unknown) say where it stands. `code` names
    a hint for programs and never changes; `url` is a page that tells more.
    """

    problem: str
    cause: str = ""
    remedy: str = ""
    file: str = ""
    line: int = 0
    code: str = ""
    url: str = ""

    @property
    def place(self) -> str:
        """Name the place as `file:line`, as far as it is known."""
        if not self.file:
            return ""
        return f"{self.file}:{self.line}" if self.line else self.file

    def text(self) -> str:
        """Return all parts, one a line, the place in front of the first."""
        head = f"{self.place}: {self.problem}" if self.place else self.problem
        return "\n".join(filter(None, (head, self.likely_cause, self.remedy, self.url)))

    @property
    def likely_cause(self) -> str:
        """The cause as every page words it; empty when none is known."""
        return f"Likely cause: {self.cause}" if self.cause else ""

    def as_warning(self) -> dict[str, str | int]:
        """Return the fields that a warning has in the JSON documents."""
        return {key: getattr(self, key) for key in ("problem", "cause", "remedy", "file", "line")}

    def as_hint(self) -> dict[str, str]:
        """Return the fields that a hint has in the JSON documents."""
        return {key: getattr(self, key) for key in ("code", "problem", "cause", "remedy", "url")}


class BuildError(Exception):
    """The request is wrong: a stack file, an input, a file that it names.

    `warnings` are what was noticed before, such as a variable that is not
    set: often the cause of the error.
    """

    exit_code = EXIT_REQUEST

    def __init__(self, *notices: Notice, warnings: tuple[Notice, ...] = ()) -> None:
        self.notices = notices
        self.warnings = warnings
        super().__init__("\n\n".join(notice.text() for notice in notices))

    @classmethod
    def of(
        cls, problem: str, cause: str = "", remedy: str = "", *, file: str = "", line: int = 0
    ) -> "BuildError":
        """Make the error of one Notice."""
        return cls(Notice(problem=problem, cause=cause, remedy=remedy, file=file, line=line))


class MachineError(BuildError):
    """The machine cannot do it: no engine, no buildx, no usable builder."""

    exit_code = EXIT_MACHINE


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Who asks for something, for messages: a subject such as `function "resize"`, and its line."""

    subject: str
    file: str = ""
    line: int = 0

    def place(self, notice: Notice) -> Notice:
        """Make `notice` begin with the subject, and stand at its line."""
        problem = f"{self.subject}: {notice.problem}"
        return replace(notice, problem=problem, file=self.file, line=self.line)

    def notice(self, problem: str, cause: str = "", remedy: str = "") -> Notice:
        """Make a Notice that begins with the subject."""
        return self.place(Notice(problem=problem, cause=cause, remedy=remedy))

    def error(self, problem: str, cause: str = "", remedy: str = "") -> BuildError:
        """Make a BuildError of one such Notice."""
        return BuildError(self.notice(problem, cause, remedy))

    def change(self, text: str) -> str:
        """Say what the line should be."""
        return f'Change line {self.line} to "{text}".' if self.line else f'Write "{text}".'


class Faults:
    """The faults found so far, each once, so that all can be told together."""

    def __init__(self, found: Iterable[Notice] = ()) -> None:
        self._found = dict.fromkeys(found)

    def add(self, found: Iterable[Notice]) -> None:
        """Add faults."""
        self._found.update(dict.fromkeys(found))

    @property
    def found(self) -> tuple[Notice, ...]:
        """The faults, in the order in which they were found."""
        return tuple(self._found)

    @contextmanager
    def catch(self, place: Callable[[Notice], Notice] = lambda notice: notice) -> Iterator[None]:
        """Gather what a block raises, but for a MachineError; `place` may say where it stands."""
        try:
            yield
        except MachineError:
            raise
        except BuildError as error:
            self.add(map(place, error.notices))

    def raise_all(self) -> None:
        """Raise one BuildError with everything found, or return when there is nothing."""
        if self._found:
            raise BuildError(*self._found)
