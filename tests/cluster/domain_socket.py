"""Where a DataNode may have its UNIX socket: no directory above it may be writable by just anybody."""

import os
import tempfile
from pathlib import Path

from .jars import cache_root


def _protected(directory: Path) -> bool:
    """Whether Hadoop accepts the directory and all above it. (DomainSocket.validateSocketPathSecurity)"""
    for part in (directory, *directory.parents):
        status = part.stat()
        if status.st_mode & 0o002 or (status.st_mode & 0o020 and status.st_gid != 0):
            return False
        if status.st_mode & 0o200 and status.st_uid not in (0, os.geteuid()):
            return False
    return True


def make_directory() -> Path:
    """A new directory that a DataNode of this user accepts, with a path short enough for a socket in it."""
    tried = [Path("/run"), Path(os.environ.get("XDG_RUNTIME_DIR", f"/run/user/{os.geteuid()}")), cache_root()]
    for parent in tried:
        if os.access(parent, os.W_OK) and _protected(parent.resolve()):
            made = Path(tempfile.mkdtemp(prefix="hdfsmount-", dir=parent)).resolve()
            made.chmod(0o755)
            return made
    raise RuntimeError(f"no directory for UNIX sockets: none of {', '.join(map(str, tried))} is writable by this user only")
