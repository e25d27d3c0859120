"""Whether a diff that came from a file is what git says of the commits that it names."""

from arc_sim.errors import DiffError
from arc_sim.model import Diff

NAMED = 3
"""Files named in a complaint."""


def check_files(given: Diff, real: Diff) -> None:
    """Raise DiffError when the two name other files, or say other things of them that can be compared.

    A list of paths without statuses, and a patch without object names, are compared by what they have.
    """
    ours = {path for change in given.files for path in (change.path, change.old_path) if path}
    theirs = {path for change in real.files for path in (change.path, change.old_path) if path}
    hint = "the file was edited, or is of other commits; give --range, or make it again with arc_sim.serialize_diff"
    for what, paths in (("names files that they do not change", ours - theirs), ("leaves files out", theirs - ours)):
        if paths:
            some = ", ".join(ascii(path)[1:-1] for path in sorted(paths)[:NAMED])
            more = f" and {len(paths) - NAMED} more" if len(paths) > NAMED else ""
            between = f"{given.base_commit[:12]}..{given.head_commit[:12]}"
            raise DiffError(f"the diff is not that of {between}: it {what}: {some}{more}", hint=hint)
    contents = {change.path: change.new_id for change in real.files}
    for change in given.files:
        known = change.new_id is not None and not change.new_id.startswith("sha256:")
        if known and contents.get(change.path) not in (None, change.new_id):
            raise DiffError(f"the diff has other content than its head: {ascii(change.path)[1:-1]}", hint=hint)
