"""On which TCP ports a session of processes listens, as far as /proc says (Linux); otherwise nothing is found."""

from pathlib import Path

_LISTEN = "0A"  # TCP_LISTEN in include/net/tcp_states.h


def listening_ports(session: int, proc: Path = Path("/proc")) -> set[int]:
    """Return the ports on which processes of the session ``session`` listen; empty where that cannot be known."""
    inodes: set[str] = set()
    for process in proc.glob("[0-9]*"):
        if _session_of(process) == session:
            inodes |= _socket_inodes(process)
    return {port for inode, port in _listeners(proc) if inode in inodes}


def _session_of(process: Path) -> int | None:
    try:
        fields = (process / "stat").read_text(errors="replace").rpartition(")")[2].split()
        return int(fields[3])  # proc(5): session is field 6, the fourth after the name
    except (OSError, IndexError, ValueError):
        return None


def _socket_inodes(process: Path) -> set[str]:
    found = set()
    try:
        for descriptor in (process / "fd").iterdir():
            target = str(descriptor.readlink())
            if target.startswith("socket:["):
                found.add(target[8:-1])
    except OSError:
        return found
    return found


def _listeners(proc: Path) -> list[tuple[str, int]]:
    found = []
    for name in ("net/tcp", "net/tcp6"):
        try:
            lines = (proc / name).read_text().splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            if len(fields) > 9 and fields[3] == _LISTEN:
                found.append((fields[9], int(fields[1].rpartition(":")[2], 16)))
    return found
