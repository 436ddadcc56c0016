"""HDFS over HTTP: what tests need to set up and compare, without starting a JVM."""

from __future__ import annotations

import json
import urllib.error
import urllib.parse
import urllib.request

from .jmx import opener


class WebHdfsError(OSError):
    """The server refused; `exception` is the Java class's short name."""

    def __init__(self, operation: str, path: str, status: int, exception: str, message: str):
        super().__init__(f"{operation} {path!r}: HTTP {status} {exception}: {message}")
        self.status, self.exception = status, exception


# What a DataNode answers to a write while it still holds a connection to a NameNode that has ended since.
_LOST_CONNECTION = ("EOFException", "ConnectException", "SocketException")


class _no_redirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_):
        return None


_first_hop = urllib.request.build_opener(urllib.request.ProxyHandler({}), _no_redirect)


class WebHdfs:
    """Calls act as `user`, by default the superuser of a cluster run by root.

    Paths are text; names that are not valid in a URL are escaped here.
    """

    def __init__(self, http_address: str, user: str = "root"):
        self._base = f"http://{http_address}/webhdfs/v1"
        self._user = user

    def as_user(self, user: str) -> "WebHdfs":
        return WebHdfs(self._base.split("/")[2], user)

    # Files

    def put(self, path: str, data: bytes, *, overwrite: bool = True, **params) -> None:
        """Writes a whole file; params are WebHDFS's own: blocksize, replication, permission (Hadoop 3's default on any version)."""
        params = {"permission": "644", **params}
        self._upload("PUT", path, "CREATE", data, overwrite="true" if overwrite else "false", **params)

    def append(self, path: str, data: bytes) -> None:
        self._upload("POST", path, "APPEND", data)

    def get(self, path: str, offset: int = 0, length: int | None = None) -> bytes:
        params = {"offset": str(offset)}
        if length is not None:
            params["length"] = str(length)
        with self._open(opener, "GET", path, "OPEN", params) as reply:
            return reply.read()

    def delete(self, path: str, recursive: bool = True) -> bool:
        return self._json("DELETE", path, "DELETE", recursive=str(recursive).lower())["boolean"]

    def rename(self, source: str, destination: str) -> bool:
        return self._json("PUT", source, "RENAME", destination=destination)["boolean"]

    def truncate(self, path: str, length: int) -> bool:
        return self._json("POST", path, "TRUNCATE", newlength=str(length))["boolean"]

    def concat(self, path: str, sources: list[str]) -> None:
        self._json("POST", path, "CONCAT", sources=",".join(sources))

    # Directories and status

    def mkdirs(self, path: str, permission: str | None = None) -> bool:
        params = {} if permission is None else {"permission": permission}
        return self._json("PUT", path, "MKDIRS", **params)["boolean"]

    def status(self, path: str) -> dict:
        return self._json("GET", path, "GETFILESTATUS")["FileStatus"]

    def exists(self, path: str) -> bool:
        try:
            self.status(path)
        except WebHdfsError as error:
            if error.exception == "FileNotFoundException":
                return False
            raise
        return True

    def list(self, path: str) -> list[dict]:
        return self._json("GET", path, "LISTSTATUS")["FileStatuses"]["FileStatus"]

    def walk(self, path: str):
        """Yields (path, status) of everything below a directory."""
        for entry in self.list(path):
            child = path.rstrip("/") + "/" + entry["pathSuffix"]
            yield child, entry
            if entry["type"] == "DIRECTORY":
                yield from self.walk(child)

    def content_summary(self, path: str) -> dict:
        return self._json("GET", path, "GETCONTENTSUMMARY")["ContentSummary"]

    def block_locations(self, path: str) -> list[dict]:
        """Offset, length and hosts of each block."""
        return self._json("GET", path, "GETFILEBLOCKLOCATIONS")["BlockLocations"]["BlockLocation"]

    # Attributes

    def set_permission(self, path: str, octal: str) -> None:
        self._json("PUT", path, "SETPERMISSION", permission=octal)

    def set_owner(self, path: str, owner: str = "", group: str = "") -> None:
        params = {k: v for k, v in (("owner", owner), ("group", group)) if v}
        self._json("PUT", path, "SETOWNER", **params)

    def set_acl(self, path: str, entries: str) -> None:
        """All entries of the access control list, "user::rw-,user:NAME:rwx,group::r--,other::---"."""
        self._json("PUT", path, "SETACL", aclspec=entries)

    def set_times(self, path: str, *, mtime: int = -1, atime: int = -1) -> None:
        """Milliseconds since the epoch; -1 leaves a time alone."""
        self._json("PUT", path, "SETTIMES", modificationtime=str(mtime), accesstime=str(atime))

    def set_replication(self, path: str, replication: int) -> bool:
        return self._json("PUT", path, "SETREPLICATION", replication=str(replication))["boolean"]

    def modify_acl(self, path: str, spec: str) -> None:
        self._json("PUT", path, "MODIFYACLENTRIES", aclspec=spec)

    # Snapshots and policies

    def allow_snapshot(self, path: str) -> None:
        self._json("PUT", path, "ALLOWSNAPSHOT")

    def create_snapshot(self, path: str, name: str) -> str:
        return self._json("PUT", path, "CREATESNAPSHOT", snapshotname=name)["Path"]

    def delete_snapshot(self, path: str, name: str) -> None:
        self._json("DELETE", path, "DELETESNAPSHOT", snapshotname=name)

    def set_ec_policy(self, path: str, policy: str) -> None:
        self._json("PUT", "/", "ENABLEECPOLICY", ecpolicy=policy)
        self._json("PUT", path, "SETECPOLICY", ecpolicy=policy)

    # Plumbing

    def _url(self, path: str, operation: str, params: dict) -> str:
        query = urllib.parse.urlencode({"op": operation, "user.name": self._user, **params})
        return f"{self._base}{urllib.parse.quote(path, safe='/')}?{query}"

    def _open(self, via, method: str, path: str, operation: str, params: dict):
        request = urllib.request.Request(self._url(path, operation, params), method=method)
        return self._send(via, request, operation, path)

    @staticmethod
    def _send(via, request, operation: str, path: str):
        try:
            return via.open(request, timeout=60)
        except urllib.error.HTTPError as error:
            if error.code in (301, 302, 307):
                return error
            body = error.read()
            try:
                remote = json.loads(body)["RemoteException"]
            except ValueError:
                remote = {"exception": "", "message": body[:500].decode(errors="replace")}
            raise WebHdfsError(operation, path, error.code, remote["exception"], remote["message"]) from None

    def _json(self, method: str, path: str, operation: str, **params) -> dict:
        with self._open(opener, method, path, operation, params) as reply:
            body = reply.read()
        return json.loads(body) if body else {}

    def _upload(self, method: str, path: str, operation: str, data: bytes, **params) -> None:
        try:
            self._upload_once(method, path, operation, data, params)
        except WebHdfsError as error:
            if error.exception not in _LOST_CONNECTION:
                raise
            self._upload_once(method, path, operation, data, params)

    def _upload_once(self, method: str, path: str, operation: str, data: bytes, params: dict) -> None:
        with self._open(_first_hop, method, path, operation, params) as reply:
            location = reply.headers["Location"]
        request = urllib.request.Request(location, data=data, method=method,
                                         headers={"Content-Type": "application/octet-stream"})
        with self._send(opener, request, operation, path):
            pass
