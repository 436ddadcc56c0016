"""Our messages are Hadoop's: every name, number, label, type and default, read from the descriptors in its jars."""

import pytest

from tests.cluster.jars import hadoop
from tests.cluster.versions import DEFAULT_VERSION, REFERENCE_VERSION, ordinal
from tests.proto.descriptors import PROJECT, Dumper, compile_set, differences

# An older Hadoop need not have all of our messages, but what it has must be the same.
OLDER = ordinal(DEFAULT_VERSION) < ordinal(REFERENCE_VERSION)


@pytest.fixture(scope="module")
def dumper(tmp_path_factory):
    return Dumper(hadoop(), tmp_path_factory.mktemp("classes"))


@pytest.fixture(scope="module")
def theirs(dumper):
    return dumper.hadoop_facts()


def test_every_message_is_hadoops(dumper, theirs, tmp_path):
    [ours] = dumper.set_facts([compile_set(PROJECT, tmp_path / "set")])
    declared = sum(text.count("\nmessage ") + text.count("\n  message ") for text in
                   ("\n" + p.read_text() for p in (PROJECT / "proto").glob("*.proto")))
    assert sum(fact.startswith("message ") for fact in ours) == declared > 0
    assert differences(ours, theirs, older=OLDER) == []


# (file, its text, the text instead, what must be reported)
_MUTATIONS = {
    "number": ("hdfs.proto", "required uint64 offset = 2;", "required uint64 offset = 12;", "LocatedBlockProto offset = 12"),
    "type": ("data_transfer.proto", "required sfixed64 seqno = 2;", "required int64 seqno = 2;",
             "PacketHeaderProto seqno = 2 required int64"),
    "label": ("hdfs.proto", "optional uint64 numBytes = 4 [default = 0];", "required uint64 numBytes = 4;",
              "ExtendedBlockProto numBytes = 4 required"),
    "default": ("rpc_header.proto", "optional sint32 retryCount = 8 [default = -1];", "optional sint32 retryCount = 8;",
                "RpcResponseHeaderProto retryCount = 8 optional sint32"),
    "packed": ("hdfs.proto", "repeated bool isCached = 6 [packed = true];", "repeated bool isCached = 6;",
               "LocatedBlockProto isCached = 6 repeated bool"),
    "name": ("client_namenode.proto", "optional string targetPath = 1;", "optional string target = 1;",
             "GetLinkTargetResponseProto target = 1"),
    "additional field": ("security.proto", "required string service = 4;",
                         "required string service = 4;\n  optional string owner = 5;", "TokenProto owner = 5"),
    "required field left out": ("hdfs.proto", "  required uint32 ipcPort = 6;\n", "",
                                "missing: field hadoop.hdfs.DatanodeIDProto ipcPort = 6"),
    "enum value": ("data_transfer.proto", "CHECKSUM_OK = 6;", "CHECKSUM_OK = 16;", "hadoop.hdfs.Status CHECKSUM_OK = 16"),
    "enum value left out": ("hdfs.proto", "  ARCHIVE = 3;\n", "", "missing: enum hadoop.hdfs.StorageTypeProto ARCHIVE = 3"),
    "message": ("acl.proto", "message FsPermissionProto {", "message Unknown {}\nmessage FsPermissionProto {",
                "message hadoop.hdfs.Unknown"),
    "package": ("ipc_connection_context.proto", "package hadoop.common;", "package hadoop.hdfs;",
                "message hadoop.hdfs.IpcConnectionContextProto"),
}
# What looks like something newer to an older Hadoop.
_NEWER = {"additional field", "message", "package"}


def test_every_kind_of_difference_is_found(dumper, theirs, tmp_path):
    sets = []
    for i, (file, old, new, _) in enumerate(_MUTATIONS.values()):
        root = tmp_path / str(i)
        (root / "proto").mkdir(parents=True)
        for path in (PROJECT / "proto").glob("*.proto"):
            text = path.read_text()
            if path.name == file:
                assert text.count(old) == 1, f"{file} has no single {old!r}"
                text = text.replace(old, new)
            (root / "proto" / path.name).write_text(text)
        sets.append(compile_set(root, root / "set"))
    for (kind, mutation), facts in zip(_MUTATIONS.items(), dumper.set_facts(sets)):
        found = differences(facts, theirs)
        assert any(mutation[3] in line for line in found), f"{kind}: {found}"
        found = differences(facts, theirs, older=True)
        assert any(mutation[3] in line for line in found) == (kind not in _NEWER), f"{kind}, to an older Hadoop: {found}"
