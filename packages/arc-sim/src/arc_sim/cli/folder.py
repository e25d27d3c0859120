"""``--path``: a folder of the repository."""

from pathlib import Path, PurePosixPath

from arc_sim.errors import ConfigError


def folder_in(path: str | None, root: Path) -> str | None:
    """Return the folder relative to the repository's root, None for all of it; raises ConfigError for one outside."""
    if path is None:
        return None
    given = Path(path)
    try:
        relative = given.resolve().relative_to(root.resolve()) if given.is_absolute() else given
    except ValueError as error:
        raise ConfigError(f"--path {path} is not in the repository", hint=f"give a folder of {root}") from error
    parts = PurePosixPath(relative.as_posix()).parts
    if ".." in parts:
        raise ConfigError(f"--path {path} leaves the repository", hint="give a folder relative to its root")
    return "/".join(part for part in parts if part != ".") or None
