"""From the command line to an exit code, with signals and missing packages."""

import builtins
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from openfaas_build.app import main


@pytest.fixture(autouse=True)
def signals_stay() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_a_wrong_flag_is_told_where_the_run_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["plan", "--parallel", "many"], {}, tmp_path) == 2
    assert 'error: input "parallel": ' in capsys.readouterr().err


def test_a_run_without_a_stack_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    assert main(["plan"], {}, tmp_path) == 2
    assert "there is no stack file" in capsys.readouterr().err


def test_a_termination_is_an_interrupt(tmp_path: Path):
    main(["plan"], {}, tmp_path)
    assert signal.getsignal(signal.SIGTERM) is signal.default_int_handler


@pytest.mark.parametrize(("name", "raises"), [("yaml", False), ("openfaas_build.gone", True)])
def test_a_package_that_is_not_there(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    name: str,
    raises: bool,
):
    whole = builtins.__import__

    def lacking(module: str, *rest: object):
        if module == "openfaas_build.app.commands":
            raise ModuleNotFoundError(name=name)
        return whole(module, *rest)

    monkeypatch.setattr(builtins, "__import__", lacking)
    if raises:
        with pytest.raises(ModuleNotFoundError):
            main(["plan"], {}, tmp_path)
        return
    assert main(["plan"], {}, tmp_path) == 3
    assert capsys.readouterr().err.startswith(
        "error: the Python package yaml is not there.\nLikely cause: the dependencies were not installed"
    )
