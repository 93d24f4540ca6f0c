"""Read the template.yml of a template: only what decides how a function is built."""

from openfaas_build.errors import Faults
from openfaas_build.stack.stack_file import Template
from openfaas_build.stack.substitution import Substitution
from openfaas_build.stack.typed_values import Reading
from openfaas_build.stack.yaml_tree import compose, decode


def read_template(data: bytes, path: str) -> Template:
    """Read `data`, a template.yml; `path` is its name in messages.

    Variables are not replaced. An empty file is a template without options, as
    for faas-cli, and unknown keys are left to the template's author. Of two
    build options with one name the first counts. Raises BuildError with all
    that is wrong.
    """
    text = decode(data, path)
    reading = Reading(path, compose(Substitution(text=text, source=text), path))
    top = reading.top
    for key in ("language", "fprocess", "welcome_message"):
        top.get(key).text()
    options: dict[str, tuple[str, ...]] = {}
    for option in top.get("build_options").items():
        options.setdefault(option.get("name").text(), option.get("packages").texts())
    template = Template(
        build_options=options,
        handler_folder=top.get("handler_folder").text(),
        mount_ssh=top.get("mount_ssh").flag(),
    )
    Faults(reading.faults).raise_all()
    return template
