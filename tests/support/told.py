"""What a run that cannot be done says."""

from support.runs import Result


def told(result: Result, exit_code: int, *parts: str) -> None:
    """Assert that the run said these parts, in this order, and left nothing behind."""
    result.expect(exit_code)
    assert "Traceback" not in result.stderr
    assert result.stdout == ""
    assert not (result.folder / "build").exists()
    at = -1
    for part in parts:
        found = result.stderr.find(part, at + 1)
        assert found > at, f"{part!r} is not in its place in:\n{result.stderr}"
        at = found
