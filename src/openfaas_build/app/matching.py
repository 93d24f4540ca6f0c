"""Find the files that a name or a glob means."""

from pathlib import Path


def is_glob(name: str) -> bool:
    """Say whether a name is a pattern; an absolute one is taken as it stands."""
    return any(sign in name for sign in "*?[") and not Path(name).is_absolute()


def matching_files(root: Path, pattern: str) -> list[str]:
    """Give the files of a glob that is relative to `root`, sorted, as names relative to it too."""
    return sorted(str(path.relative_to(root)) for path in root.glob(pattern) if path.is_file())
