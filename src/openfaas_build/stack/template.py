"""Read the template.yml of a template: only what decides how a function is built."""

from openfaas_build.errors import Faults
from openfaas_build.stack.stack_file import Template
from openfaas_build.stack.substitution import Substitution
from openfaas_build.stack.typed_values import Reading, Struct
from openfaas_build.stack.yaml_tree import compose, decode


def read_template(data: bytes, path: str, lang: str) -> Template:
    """Read `data`, the template.yml of the template `lang`; `path` is its name in messages.

    Variables are not replaced. An empty file is a template without options, as
    for faas-cli, and unknown keys are left to the template's author. Raises
    BuildError with all that is wrong.
    """
    text = decode(data, path)
    document = compose(Substitution(text=text, source=text), path)
    reading = Reading(path, document)
    top = Struct(reading, "", reading.members(document.root, "the file") if document.root else {}, 0)
    for key in ("language", "fprocess", "welcome_message"):
        top.text(key)
    template = Template(
        lang=lang,
        build_options=_read_options(top),
        handler_folder=top.text("handler_folder"),
        mount_ssh=top.flag("mount_ssh"),
    )
    Faults(reading.faults).raise_all()
    return template


def _read_options(top: Struct) -> dict[str, tuple[str, ...]]:
    """Read the options; of two with one name the first counts."""
    options: dict[str, tuple[str, ...]] = {}
    for node in top.items("build_options"):
        what = 'an item of "build_options"'
        option = Struct(top.reading, what, top.reading.members(node, what), node.line)
        options.setdefault(option.text("name"), option.texts("packages"))
    return options
