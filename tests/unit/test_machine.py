"""What docker and buildx answer, and which builder is chosen; the answers are scripted."""

import json
from pathlib import Path

import pytest
from fakes import FakeProcesses

from openfaas_build.engine import OWN_BUILDER, Builder, Machine
from openfaas_build.errors import MachineError

INSPECT = """\
Name:          {name}
Driver:        {driver}
Last Activity: 2026-01-01 00:00:00 +0000 UTC

Nodes:
Name:             {name}0
Driver Options:   {options}
BuildKit version: v0.25.1
Platforms:        linux/amd64*, linux/386
"""
CONTAINERD = [["driver-type", "io.containerd.snapshotter.v1"]]
REGISTRY = frozenset({"registry"})


def inspect(name: str = "default", driver: str = "docker", options: str = "") -> tuple[int, str, str]:
    return 0, INSPECT.format(name=name, driver=driver, options=options), ""


def info(*plugins: dict[str, str], store: list | None = None, **more) -> tuple[int, str, str]:
    return (
        0,
        json.dumps(
            {
                "ServerVersion": "28.5.2",
                "DriverStatus": CONTAINERD if store is None else store,
                "ClientInfo": {"Plugins": plugins or [{"Name": "buildx", "Version": "v0.29.1"}]},
                **more,
            }
        ),
        "",
    )


@pytest.fixture
def env(tmp_path: Path) -> dict[str, str]:
    """An environment in which there is a docker command."""
    (tmp_path / "docker").touch(mode=0o755)
    return {"PATH": str(tmp_path)}


def processes(**answers: tuple[int, str, str]) -> FakeProcesses:
    known = {"info": info(), "buildx_inspect": inspect(), "buildx_du": (0, "Total:\t0B\n", "")} | answers
    return FakeProcesses({f"docker {words.replace('_', ' ')}": answer for words, answer in known.items()})


def refusal(
    asked: FakeProcesses, env: dict[str, str], name: str = "", ask=lambda machine: machine.builder
) -> str:
    """The problem that is told when `ask` asks for what is not there."""
    with Machine(asked, env, name) as machine, pytest.raises(MachineError) as found:
        ask(machine)
    return found.value.notices[0].text()


def choose(machine: Machine) -> Builder:
    return machine.choose_builder(exports=REGISTRY, platforms=1, host_network=False)


def test_the_current_builder(env: dict[str, str]):
    asked = processes()
    with Machine(asked, env, "", usage=True) as machine:
        found = choose(machine)
    assert found == Builder(
        name="default",
        driver="docker",
        buildkit_version="v0.25.1",
        platforms=("linux/amd64", "linux/386"),
        engine_version="28.5.2",
        containerd_store=True,
        buildx_version="0.29.1",
        was_empty=True,
    )
    assert found.buildkit == (0, 25, 1)
    assert asked.asked == [
        "docker info --format {{json .}}",
        "docker buildx inspect",
        "docker buildx du",
    ]
    assert all(question.dropped for question in asked.questions)


def test_a_named_builder_is_asked_by_name(env: dict[str, str]):
    asked = processes(buildx_inspect=inspect("mine", "docker-container"))
    with Machine(asked, env, "mine") as machine:
        assert machine.builder.name == "mine"
        assert not machine.is_empty or "docker buildx du --builder mine" in asked.asked
    assert asked.asked[1] == "docker buildx inspect mine"


@pytest.mark.parametrize("usage", [(0, "Total:\t1.2MB\n", ""), (0, "", ""), (1, "Total:\t0B\n", "")])
def test_a_doubt_about_an_empty_builder_counts_as_no(env: dict[str, str], usage: tuple[int, str, str]):
    with Machine(processes(buildx_du=usage), env, "") as machine:
        assert not machine.is_empty


def test_the_plugin_s_own_program(env: dict[str, str], tmp_path: Path):
    path = tmp_path / "docker-buildx"
    path.touch(mode=0o755)
    plugin = {"Name": "buildx", "Version": "v0.29.1", "Path": str(path)}
    with Machine(processes(info=info(plugin)), env, "") as machine:
        assert machine.program == (str(path),)
    path.chmod(0o644)
    with Machine(processes(info=info(plugin)), env, "") as machine:
        assert machine.program == ("docker", "buildx")


@pytest.mark.parametrize("said", ["", "null", "[]", "{}", "podman: no such thing"])
def test_what_is_no_answer_of_docker_names_no_program(env: dict[str, str], said: str):
    with Machine(processes(info=(0, said, "")), env, "") as machine:
        assert machine.program == ("docker", "buildx")


def test_no_docker(tmp_path: Path):
    assert refusal(processes(), {"PATH": str(tmp_path)}).startswith("the docker command is not there.\n")


def test_no_engine_in_docker_s_own_words(env: dict[str, str]):
    silent = (1, json.dumps({"ServerErrors": ["Cannot connect."]}), "")
    asked = processes(info=silent, buildx_version=(0, "v0.29.1", ""))
    assert refusal(asked, env).startswith("no Docker engine answers: Cannot connect.\n")
    asked = processes(info=(1, "", "a\nlast words\n"))
    assert refusal(asked, env, ask=lambda machine: machine.engine).startswith(
        "no Docker engine answers: last words\n"
    )


def test_a_remote_builder_needs_no_engine(env: dict[str, str]):
    asked = processes(
        info=(1, "", "none"),
        buildx_inspect=inspect("far", "remote"),
        buildx_version=(0, "github.com/docker/buildx v0.21.3 abc", ""),
    )
    with Machine(asked, env, "far") as machine:
        assert (machine.builder.driver, machine.builder.engine_version) == ("remote", "")
        assert machine.builder.buildx_version == "0.21.3"


@pytest.mark.parametrize(
    ("version", "text"),
    [
        ((0, "github.com/docker/buildx v0.12.1", ""), "docker buildx 0.12.1 is too old, 0.13 is needed."),
        ((1, "", "no such command"), "docker buildx is not there, and building with a cache needs it."),
    ],
)
def test_a_buildx_that_is_too_old_or_missing(env: dict[str, str], version: tuple[int, str, str], text: str):
    assert refusal(processes(info=info({"Name": "x"}), buildx_version=version), env).startswith(f"{text}\n")


def test_a_version_without_numbers_passes(env: dict[str, str]):
    with Machine(processes(info=info({"Name": "buildx", "Version": "dev"})), env, "") as machine:
        assert machine.buildx_version == ""


def test_a_builder_that_cannot_be_used(env: dict[str, str]):
    asked = processes(buildx_inspect=(1, "", 'ERROR: no builder "x" found\n'))
    assert refusal(asked, env, "x") == (
        'builder "x" cannot be used: ERROR: no builder "x" found\n'
        "Likely cause: a typing error, or the step that creates it did not run.\n"
        '"docker buildx ls" lists the builders there are.'
    )


@pytest.mark.parametrize(
    ("builder", "exports"),
    [
        (Builder(name="b", driver="remote"), {"inline", "registry", "local", "gha", "s3", "azblob"}),
        (Builder(name="b", driver="docker", containerd_store=True), {"inline", "registry", "local", "gha"}),
        (Builder(name="b", driver="docker"), {"inline"}),
    ],
)
def test_what_a_builder_exports(builder: Builder, exports: set[str]):
    assert builder.exports == exports


def test_what_a_builder_lacks():
    classic = Builder(name="b", driver="docker")
    assert classic.lacks(frozenset({"inline"}), 1) == ""
    assert classic.lacks(frozenset({"gha", "registry"}), 1) == "export a cache of type gha and registry"
    assert classic.lacks(frozenset(), 2) == "build for several platforms at once"
    assert Builder(name="b", driver="docker", buildkit_version="v0.0.0").buildkit is None


def classic_machine(**answers: tuple[int, str, str]) -> FakeProcesses:
    own = f"buildx_inspect_{OWN_BUILDER}"
    known = {"info": info(store=[]), own: (1, "", "no builder"), "buildx_create": (0, "", "")}
    return processes(**(known | answers))


def test_a_named_builder_that_cannot_do_it_is_an_error(env: dict[str, str]):
    assert refusal(classic_machine(buildx_inspect=inspect("mine")), env, "mine", choose).startswith(
        'builder "mine" (docker driver without the containerd image store) '
        "cannot export a cache of type registry.\n"
    )


def test_our_own_builder_is_created_where_the_current_one_cannot_do_it(env: dict[str, str]):
    asked = classic_machine(**{f"buildx_inspect_--bootstrap_{OWN_BUILDER}": (0, "", "")})
    created = asked.start

    def start(argv, *rest):
        if argv[:3] == ["docker", "buildx", "create"]:
            asked.answers[f"docker buildx inspect {OWN_BUILDER}"] = inspect(OWN_BUILDER, "docker-container")
        return created(argv, *rest)

    asked.start = start  # type: ignore[method-assign]
    with Machine(asked, env, "") as machine:
        found = machine.choose_builder(exports=REGISTRY, platforms=1, host_network=True)
    assert (found.name, found.driver, found.was_empty) == (OWN_BUILDER, "docker-container", True)
    assert found.warnings[0].problem == (
        'builder "default" (docker driver) cannot export a cache of type registry, '
        f'so builder "{OWN_BUILDER}" (docker-container driver) is used.'
    )
    assert (
        f"docker buildx create --name {OWN_BUILDER} --driver docker-container --driver-opt network=host"
        in asked.asked
    )


@pytest.mark.parametrize("options", ['network="host"', ""])
def test_our_own_builder_of_an_earlier_run_serves_if_it_reaches_the_loopback(
    env: dict[str, str], options: str
):
    asked = classic_machine(
        **{
            f"buildx_inspect_{OWN_BUILDER}": inspect(OWN_BUILDER, "docker-container", options),
            f"buildx_inspect_--bootstrap_{OWN_BUILDER}": (0, "", ""),
        }
    )
    with Machine(asked, env, "") as machine:
        machine.choose_builder(exports=REGISTRY, platforms=1, host_network=True)
    made_anew = any("buildx create" in command for command in asked.asked)
    assert made_anew == (not options)


def test_where_our_own_builder_does_not_start_the_current_one_serves_with_a_warning(env: dict[str, str]):
    asked = classic_machine()
    asked.answers[f"docker buildx inspect --bootstrap {OWN_BUILDER}"] = (1, "", "ERROR: no image\n")
    with Machine(asked, env, "") as machine:
        found = choose(machine)
    assert found.name == "default"
    assert found.warnings[0].problem.endswith(" A builder of our own did not start: ERROR: no image")
    # What could not start does not stay behind.
    assert f"docker buildx rm --force {OWN_BUILDER}" in asked.asked
