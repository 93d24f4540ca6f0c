"""Read a text or a flag from a scalar, as yaml.v3 does for a field of type string or bool.

Both functions raise ValueError with the end of a sentence that begins with the
name of the value: `is "abc", which does not fit its tag "!!int"`.
"""

import base64
import re

from openfaas_build.stack.yaml_tree import ScalarNode
from openfaas_build.untrusted import quoted

_TRUE = frozenset({"true", "True", "TRUE"})
_FALSE = frozenset({"false", "False", "FALSE"})
_YES = frozenset({"y", "Y", "yes", "Yes", "YES", "on", "On", "ON"})
_NO = frozenset({"n", "N", "no", "No", "NO", "off", "Off", "OFF"})

_INT = r"[-+]?(?:0[xX][0-9a-fA-F]+|0[oO]?[0-7]+|0[bB][01]+|0|[1-9][0-9]*)"
_FLOAT = r"[-+]?(?:(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?|\.inf|\.Inf|\.INF)|\.nan|\.NaN|\.NAN"
_TAGGED = {
    "!!bool": re.compile("|".join((*_TRUE, *_FALSE))),
    "!!int": re.compile(_INT),
    "!!float": re.compile(f"{_INT}|{_FLOAT}"),
    "!!null": re.compile("|~|null|Null|NULL"),
    "!!timestamp": re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?:[Tt ][0-9:.]+(?:Z|[-+][0-9:]+)?)?"),
}


def text_of(node: ScalarNode) -> str | None:
    """Return the text as written, None for null; a tag must fit, and `!!binary` is decoded."""
    if node.tag == "!!binary":
        try:
            return base64.b64decode(re.sub(r"[\r\n]", "", node.text), validate=True).decode()
        except ValueError:
            raise ValueError(f"is {quoted(node.text)}, which is not the base64 of a text") from None
    pattern = _TAGGED.get(node.tag)
    if pattern and not pattern.fullmatch(node.text.replace("_", "")):
        raise ValueError(f"is {quoted(node.text)}, which does not fit its tag {quoted(node.tag)}")
    return None if node.kind == "nothing" else node.text


def flag_of(node: ScalarNode) -> bool:
    """Return true or false; null is false.

    As in yaml.v3, the words of YAML 1.1 (`yes`, `off`) count in quotes too, but
    `true` and `false` only without them.
    """
    text = text_of(node)
    bare = node.tag == "!!bool" or (node.plain and not node.tag)
    if text is None or text in _NO or (bare and text in _FALSE):
        return False
    if text in _YES or (bare and text in _TRUE):
        return True
    quotes = " in quotes" if text in _TRUE | _FALSE and not node.plain else ""
    raise ValueError(f"is {quoted(text)}{quotes}, not true or false")
