"""Read a step's output file and its log as GitHub's runner does.

Written after actions/runner 2.336.0: `FileCommandManager.cs` (the pairs of an
output file), `ActionCommand.cs` and `ActionCommandManager.cs` (commands in a
log). Line ends are those of Linux.
"""

from dataclasses import dataclass, field

COMMANDS = frozenset(
    [
        "add-mask",
        "add-matcher",
        "add-path",
        "debug",
        "echo",
        "endgroup",
        "error",
        "group",
        "notice",
        "remove-matcher",
        "save-state",
        "set-env",
        "set-output",
        "stop-commands",
        "warning",
    ]
)


@dataclass(frozen=True)
class Command:
    """One command that the runner obeys."""

    name: str
    data: str
    properties: dict[str, str] = field(default_factory=dict)


def read_outputs(text: str) -> dict[str, str]:
    """Read the pairs of an output file; raises ValueError where the runner fails the step."""
    found = {}
    lines = text.split("\n")
    whole = lines.pop() == ""
    at = 0
    while at < len(lines):
        line, at = lines[at], at + 1
        if not line:
            continue
        equals, heredoc = line.find("="), line.find("<<")
        if heredoc >= 0 and (equals < 0 or heredoc < equals):
            name, _, delimiter = line.partition("<<")
            if not name or not delimiter:
                raise ValueError(f"invalid format {line!r}")
            if delimiter not in lines[at:]:
                raise ValueError("matching delimiter not found")
            end = lines.index(delimiter, at)
            found[name] = "\n".join(lines[at:end])
            at = end + 1
        elif equals > 0:
            name, _, found[line[:equals]] = line.partition("=")
        else:
            raise ValueError(f"invalid format {line!r}")
    if not whole:
        raise ValueError("the last line has no end")
    return found


def read_commands(log: str) -> tuple[list[Command], list[str]]:
    """Read a log: (commands obeyed, lines shown)."""
    obeyed: list[Command] = []
    shown: list[str] = []
    stopped = ""
    for line in log.replace("\r\n", "\n").replace("\r", "\n").split("\n"):
        known = COMMANDS | {stopped} if stopped else COMMANDS
        command = _new_form(line, known) or _old_form(line, known)
        if command and stopped and command.name == stopped:
            stopped = ""
        elif command is None or stopped:
            shown.append(line)
        elif command.name == "stop-commands":
            stopped = command.data
        else:
            obeyed.append(command)
    return obeyed, shown


def _new_form(line: str, known: frozenset[str]) -> Command | None:
    line = line.lstrip()
    end = line.find("::", 2)
    if not line.startswith("::") or end < 0:
        return None
    return _command(line[2:end], line[end + 2 :], known, ",")


def _old_form(line: str, known: frozenset[str]) -> Command | None:
    start = line.find("##[")
    end = line.find("]", start)
    if start < 0 or end < 0:
        return None
    return _command(line[start + 3 : end], line[end + 1 :], known, ";")


def _command(head: str, data: str, known: frozenset[str], separator: str) -> Command | None:
    name, _, rest = head.partition(" ")
    if name not in known:
        return None
    pairs = (pair.partition("=") for pair in rest.strip().split(separator))
    properties = {key: _unescape(_unescape(value, _PROPERTY)) for key, sign, value in pairs if sign and value}
    return Command(name, _unescape(data), properties)


_DATA = (("%0D", "\r"), ("%0A", "\n"), ("%25", "%"))
_PROPERTY = (("%3A", ":"), ("%2C", ","))


def _unescape(text: str, table: tuple[tuple[str, str], ...] = _DATA) -> str:
    for escaped, char in table:
        text = text.replace(escaped, char)
    return text
