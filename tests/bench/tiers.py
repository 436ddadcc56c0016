"""The ways by which a mount gets its bytes, and the proof that it took the one that is measured."""

from dataclasses import dataclass

from .row import WrongTier


@dataclass(frozen=True)
class Tier:
    """label   under which the counter fetched_bytes counts what came this way."""

    name: str
    options: tuple[str, ...]
    label: str
    needs_socket: bool = False
    needs_directories: bool = False  # of the DataNode


TCP = Tier("TCP", ("hdfs.dfs.client.read.shortcircuit=false",), "remote")
SHORT_CIRCUIT = Tier("short-circuit", ("hdfs.dfs.client.read.shortcircuit=true",), "short_circuit", needs_socket=True)
DIRECT = Tier("direct replicas", ("hdfs.dfs.client.read.shortcircuit=false", "direct_replicas"), "direct",
              needs_directories=True)
# Files that are not verified at all are handed over at their first open.
PASSTHROUGH = Tier("passthrough", (*SHORT_CIRCUIT.options, "hdfs.dfs.client.read.shortcircuit.skip.checksum=true"), "",
                   needs_socket=True)


class Proof:
    """Counters of a mount before a workload, to be compared with those after it."""

    def __init__(self, mount, tier: Tier):
        self._mount, self._tier = mount, tier
        self._before = mount.status()["counters"]

    def fetched(self) -> dict[str, int]:
        return self._since("fetched_bytes")

    def check(self, wanted: int, *, exact: bool = False) -> None:
        """At least `wanted` bytes came by the tier and next to none by others; with `exact`, each was asked for once.

        WrongTier otherwise.
        """
        fetched = self.fetched()
        mine, others = fetched.get(self._tier.label, 0), sum(fetched.values()) - fetched.get(self._tier.label, 0)
        if mine < wanted or others > wanted // 100:
            raise WrongTier(f"{wanted} bytes were to come by {self._tier.name}, but fetched_bytes counts {fetched}; {self._why()}")
        if exact and (read := sum(self._since("read_bytes").values())) != wanted:
            raise WrongTier(f"{wanted} bytes were read, but the mount was asked for {read}")

    def _why(self) -> str:
        counters = self._mount.status()["counters"]
        warnings = [line for line in self._mount.log_text().splitlines() if " warning " in line]
        return f"{ {name: counters.get(name) for name in ('short_circuit', 'local_replicas')} }, log: {warnings[-5:]}"

    def check_untouched(self) -> None:
        """The daemon saw no byte: the kernel read the replicas itself.  WrongTier otherwise."""
        seen = {name: self._since(name) for name in ("fetched_bytes", "read_bytes")}
        if any(sum(labels.values()) for labels in seen.values()):
            raise WrongTier(f"the kernel was to read the replicas itself, but the daemon counts {seen}")

    def _since(self, counter: str) -> dict[str, int]:
        before, after = (one.get(counter, {}) for one in (self._before, self._mount.status()["counters"]))
        return {label: count - before.get(label, 0) for label, count in after.items()}
