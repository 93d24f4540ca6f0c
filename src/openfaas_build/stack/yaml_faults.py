"""Say what is wrong with a file that is no YAML: the user's own line, a likely cause, a remedy.

The YAML parser names only a place in the text after substitution, and what
it expected there.
"""

import re
import unicodedata

import yaml

from openfaas_build.errors import BuildError
from openfaas_build.stack.substitution import LINE_BREAK, Substitution
from openfaas_build.untrusted import quoted

_CONFLICT = re.compile(r"^<<<<<<< .*", re.MULTILINE)
_INDICATOR = re.compile(r"(?:^|[:,\[{-])[ \t]*([@`%*&!])")

# By words of libyaml: the likely cause and the remedy.
_HELP = {
    "mapping values are not allowed": (
        'a value with ": " in it that stands without quotes, or a wrong indentation.',
        "Put the value in quotes, or align the line with its neighbours.",
    ),
    "block sequence entries are not allowed": (
        'a value that begins with "- ", or a list that begins on the line of its key.',
        "Put the value in quotes, or begin the list on a line of its own.",
    ),
    "unexpected end of stream": (
        "a quotation mark that is opened here and never closed.",
        "Close the quotation.",
    ),
    "unknown escape character": (
        "a backslash in double quotes, which begins an escape.",
        "Use single quotes, in which a backslash is a backslash.",
    ),
    "expected ',' or": (
        'a "[" or "{" that is not closed; also a value that begins with one of them.',
        "Close the bracket, or put the value in quotes.",
    ),
    "incompatible YAML document": (
        "a %YAML directive of another version than 1.1 or 1.2.",
        "Remove the directive.",
    ),
}
_OTHER_CAUSE = 'a wrong indentation, a missing ":", or no blank behind it.'
_OTHER_REMEDY = "Align the line with its neighbours, and put values with special characters in quotes."


def fault(path: str, line: int, problem: str, cause: str = "", remedy: str = "") -> BuildError:
    """Make the error for a fault after which nothing of the file can be read."""
    return BuildError.of(problem=problem, cause=cause, remedy=remedy, file=path, line=line)


def syntax_fault(error: yaml.MarkedYAMLError, source: Substitution, path: str) -> BuildError:
    """Make the error for what the parser refuses, with the line as it was before substitution."""
    if conflict := _CONFLICT.search(source.source):
        line = len(LINE_BREAK.findall(source.source[: conflict.start()])) + 1
        remedy = "Keep one of the two versions, and delete the markers of git."
        return fault(path, line, f"{quoted(conflict[0])} begins a merge conflict.", "", remedy)
    reason = error.problem or "the parser gives no reason"
    mark = error.problem_mark
    # The parser names the place where it gave up, but the mistake is where it began to scan.
    if error.context_mark and (error.context or "").startswith("while scanning") and "tab" not in reason:
        mark = error.context_mark
    texts = LINE_BREAK.split(source.source)
    line = min(source.source_line(mark.line + 1), len(texts)) if mark else 0
    text = texts[line - 1] if line else ""
    cause, remedy = _help(reason, text)
    return fault(path, line, f"{quoted(text.strip())} is no YAML: {reason}.", cause, remedy)


def _help(reason: str, text: str) -> tuple[str, str]:
    if "\t" in text[: len(text) - len(text.lstrip())]:
        return "a tab in the indentation; YAML allows blanks only.", "Indent the line with blanks."
    for words, advice in _HELP.items():
        if words in reason:
            return advice
    if found := _INDICATOR.search(text):
        cause = f'a value that begins with "{found[1]}", which has a meaning in YAML.'
        return cause, "Put the value in quotes."
    return _OTHER_CAUSE, _OTHER_REMEDY


def character_fault(char: str, source: Substitution, path: str, line: int) -> BuildError:
    """Make the error for a character that no YAML file can hold."""
    if "\ud800" <= char <= "\udfff":
        cause = "it holds other bytes, or an operator cut a character in two."
        return fault(path, line, "the value of a variable is not UTF-8.", cause, "Set it to UTF-8 text.")
    name = unicodedata.name(char, "a control character")
    problem = f"the character U+{ord(char):04X} ({name}) cannot stand in a YAML file."
    if char in source.source:
        return fault(path, line, problem, "a slip of the editor, or not a text file at all.", "Delete it.")
    return fault(path, line, problem, "the value of a variable holds it.", "Set the variable without it.")
