"""Facts of protobuf descriptors, ours and Hadoop's, and their differences."""

import subprocess
from pathlib import Path

from tests.cluster.jars import Hadoop, require

PROJECT = Path(__file__).resolve().parents[2]

_PROTOBUF = "com.google.protobuf"
_SHADED_PROTOBUF = "org.apache.hadoop.thirdparty.protobuf"

# The class of the RPC engine's header by major version.
_RPC_ENGINE = {2: "ProtobufRpcEngineProtos", 3: "ProtobufRpcEngine2Protos"}

_HADOOP_CLASSES = (
    "org.apache.hadoop.ipc.protobuf.RpcHeaderProtos",
    "org.apache.hadoop.ipc.protobuf.IpcConnectionContextProtos",
    "org.apache.hadoop.hdfs.protocol.proto.ClientNamenodeProtocolProtos",
    "org.apache.hadoop.hdfs.protocol.proto.ClientDatanodeProtocolProtos",
    "org.apache.hadoop.hdfs.protocol.proto.DataTransferProtos",
)


def compile_set(root: Path, out: Path) -> Path:
    """The descriptor set of root/proto/*.proto."""
    files = sorted(str(p.relative_to(root)) for p in (root / "proto").glob("*.proto"))
    assert files, f"no messages in {root / 'proto'}"
    subprocess.run([require("protoc", "protobuf-compiler"), f"--proto_path={root}", "--include_imports",
                    f"--descriptor_set_out={out}", *files], check=True, cwd=root)
    return out


class Dumper:
    """Runs DumpDescriptors.java on a version's class path."""

    def __init__(self, hadoop: Hadoop, directory: Path):
        self._hadoop = hadoop
        self._directory = directory
        source = directory / "DumpDescriptors.java"
        text = Path(__file__).with_name(source.name).read_text()
        if any(jar.name.startswith("hadoop-shaded-protobuf") for jar in hadoop.jars):
            text = text.replace(f"import {_PROTOBUF}.", f"import {_SHADED_PROTOBUF}.")
        source.write_text(text)
        subprocess.run([require("javac", "openjdk-17-jdk-headless"), "-nowarn", "-proc:none", "-d", str(directory),
                        "-cp", hadoop.class_path(), str(source)], check=True)

    def _run(self, kind: str, names: list[str]) -> list[set[str]]:
        outs = [self._directory / f"{kind}-{i}.txt" for i in range(len(names))]
        arguments = [a for name, out in zip(names, outs) for a in (kind, name, str(out))]
        subprocess.run(self._hadoop.jvm("DumpDescriptors", *arguments,
                                        class_path=self._hadoop.class_path(self._directory)), check=True)
        return [set(out.read_text().splitlines()) for out in outs]

    def hadoop_facts(self) -> set[str]:
        engine = _RPC_ENGINE[int(self._hadoop.version.split(".")[0])]
        return self._run("class", [",".join((*_HADOOP_CLASSES, f"org.apache.hadoop.ipc.protobuf.{engine}"))])[0]

    def set_facts(self, sets: list[Path]) -> list[set[str]]:
        return self._run("set", [str(s) for s in sets])


def _by_type(facts: set[str], kind: str) -> dict[str, set[str]]:
    grouped: dict[str, set[str]] = {}
    for fact in facts:
        words = fact.split(" ")
        if words[0] == kind:
            grouped.setdefault(words[1], set()).add(fact)
    return grouped


def _declares(facts: set[str], fact: str) -> bool:
    """Whether facts have a field or an enum value under the name or under the number of another fact."""
    kind, owner, name, _, number = fact.split(" ")[:5]
    same_owner = [other.split(" ") for other in facts if other.startswith(f"{kind} {owner} ")]
    return any(words[2] == name or words[4] == number for words in same_owner)


def _may_lack(theirs: set[str], fact: str) -> bool:
    """Whether a Hadoop that is older than ours may do without: nothing else is in its place, and no reader insists on it."""
    if fact.startswith("message "):
        return True
    required = fact.startswith("field ") and fact.split(" ")[5] == "required"
    return not _declares(theirs, fact) and not (required and f"message {fact.split(' ')[1]}" in theirs)


def differences(ours: set[str], theirs: set[str], *, older: bool = False) -> list[str]:
    """What of ours is not exactly so in Hadoop, and what ours lacks to be understood.

    older   this Hadoop has not yet all of our messages, fields and enum values; what it has must be the same
    """
    found = [f"not in Hadoop: {fact}" for fact in ours - theirs if not (older and _may_lack(theirs, fact))]
    their_enums = _by_type(theirs, "enum")
    for name, values in _by_type(ours, "enum").items():
        found += [f"missing: {fact}" for fact in their_enums.get(name, set()) - values]
    their_fields = _by_type(theirs, "field")
    # A message that declares no field at all stands for "present or absent" and is never sent.
    for name, fields in _by_type(ours, "field").items():
        found += [f"missing: {fact}" for fact in their_fields.get(name, set()) - fields
                  if fact.split(" ")[5] == "required"]
    return sorted(found)
