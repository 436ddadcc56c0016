"""Hadoop's jars: fetched once per version with Maven and kept outside the repository."""

import fcntl
import hashlib
import os
import platform
import re
import shutil
import subprocess
import zipfile
from pathlib import Path

from .versions import DEFAULT_VERSION, ordinal

_POM = """<project xmlns="http://maven.apache.org/POM/4.0.0">
  <modelVersion>4.0.0</modelVersion>
  <groupId>hdfsmount.tests</groupId>
  <artifactId>jars</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
{dependencies}
  </dependencies>
</project>
"""

_DEPENDENCY = """    <dependency>
      <groupId>org.apache.hadoop</groupId>
      <artifactId>{artifact}</artifactId>
      <version>{version}</version>
    </dependency>"""

# hadoop-hdfs takes hadoop-common as a provided dependency, so all three are named.
_ARTIFACTS = ("hadoop-common", "hadoop-hdfs", "hadoop-hdfs-client")

# Apache's releases on Maven Central lack libhadoop.so; this jar has one that works with every version tested here.
_NATIVE_ARTIFACT = ("io.trino.hadoop", "hadoop-apache", "3.3.5-3")

# The daemons look for these directories on the class path; empty ones are enough.
_WEBAPPS = ("hdfs", "datanode", "journal", "router", "static")


# WebHDFS's JAXB and Kerberos reach into these packages by reflection.
_OPENS = ("java.lang", "java.util", "java.nio", "java.net", "sun.nio.ch")


class MissingTool(RuntimeError):
    """A program that the tests need is not installed; the text says which package has it."""


def cache_root() -> Path:
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return Path(base) / "hdfsmount"


def require(program: str, package: str) -> str:
    """The program's path; MissingTool, naming the Debian package, when it is not installed."""
    found = shutil.which(program)
    if found is None:
        raise MissingTool(f"{program} is not installed: apt-get install {package}")
    return found


def _drop_duplicates(lib: Path) -> None:
    """Removes jars that shadow others when all of lib/ is on the class path."""
    names = {p.name for p in lib.glob("*.jar")}
    if any(n.startswith("slf4j-reload4j-") for n in names):
        for path in lib.glob("slf4j-log4j12-*.jar"):
            path.unlink()
    # The Jersey of Hadoop 2 was built for asm 3 and breaks on asm 5.
    if any(re.match(r"asm-3\.", n) for n in names):
        for path in lib.glob("asm-5.*.jar"):
            path.unlink()


def _maven(*arguments: str, what: str) -> None:
    done = subprocess.run([require("mvn", "maven"), "-B", "-q", *arguments], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        raise RuntimeError(f"fetching {what} with Maven failed:\n{done.stdout}")


def _fetch(target: Path, version: str) -> None:
    staging = target.with_name(target.name + ".partial")
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    dependencies = "\n".join(_DEPENDENCY.format(artifact=a, version=version) for a in _ARTIFACTS)
    (staging / "pom.xml").write_text(_POM.format(dependencies=dependencies))
    _maven("-f", str(staging / "pom.xml"), "dependency:copy-dependencies", "-DincludeScope=runtime",
           f"-DoutputDirectory={staging / 'lib'}", what=f"Hadoop {version}")
    _drop_duplicates(staging / "lib")
    for name in _WEBAPPS:
        (staging / "classpath" / "webapps" / name).mkdir(parents=True)
    staging.rename(target)


def _fetch_native(target: Path) -> None:
    group, artifact, version = _NATIVE_ARTIFACT
    staging = target.with_name(target.name + ".partial")
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(parents=True)
    _maven("dependency:copy", f"-Dartifact={group}:{artifact}:{version}", f"-DoutputDirectory={staging}",
           what="libhadoop")
    jar = staging / f"{artifact}-{version}.jar"
    kind = {"x86_64": "amd64"}.get(platform.machine(), platform.machine())
    with zipfile.ZipFile(jar) as archive:
        try:
            library = archive.read(f"nativelib/Linux-{kind}/libhadoop.so")
        except KeyError:
            raise RuntimeError(f"{jar.name} has no libhadoop.so for {kind} processors") from None
    (staging / "libhadoop.so").write_bytes(library)
    jar.unlink()
    staging.rename(target)


def native_libraries() -> Path:
    """The directory of libhadoop.so, fetched now unless it is cached: what a DataNode needs to pass open files on."""
    root = cache_root() / f"libhadoop-{_NATIVE_ARTIFACT[2]}"
    with _lock(root):
        if not root.exists():
            _fetch_native(root)
    return root


class Hadoop:
    """The installed jars of one Hadoop version.

    native    the directory of libhadoop.so for every JVM, or None
    """

    def __init__(self, version: str, root: Path):
        self.version = version
        self.root = root
        self.native: Path | None = None
        self.java = require("java", "openjdk-17-jdk-headless")

    @property
    def jars(self) -> list[Path]:
        return sorted((self.root / "lib").glob("*.jar"))

    def class_path(self, *first: os.PathLike) -> str:
        """A Java class path: the given directories, then Hadoop's own."""
        return os.pathsep.join([*map(str, first), str(self.root / "classpath"), str(self.root / "lib" / "*")])

    def jvm(self, main_class: str, *args: str, class_path: str, options: tuple[str, ...] = ()) -> list[str]:
        """The command line of a JVM that leaves no files outside its own directory."""
        opens = [f"--add-opens=java.base/{package}=ALL-UNNAMED" for package in _OPENS]
        native = [f"-Djava.library.path={self.native}"] if self.native else []
        return [self.java, "-XX:+UseSerialGC", "-XX:-UsePerfData", "-Djava.net.preferIPv4Stack=true", *opens, *native,
                *options, "-cp", class_path, main_class, *args]

    def helper_classes(self) -> Path:
        """The directory of the compiled helper programs of tests/cluster/java."""
        sources = sorted((Path(__file__).parent / "java").glob("*.java"))
        digest = hashlib.sha256(b"\0".join(p.read_bytes() for p in sources)).hexdigest()[:16]
        target = self.root / f"helper-{digest}"
        with _lock(self.root):
            if not target.exists():
                javac = require("javac", "openjdk-17-jdk-headless")
                staging = self.root / "helper.partial"
                shutil.rmtree(staging, ignore_errors=True)
                done = subprocess.run(
                    [javac, "-nowarn", "-proc:none", "-Xlint:-options", "-d", str(staging),
                     "-cp", self.class_path(), *map(str, sources)],
                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
                if done.returncode != 0:
                    raise RuntimeError(f"compiling the Java helpers failed:\n{done.stdout}")
                staging.rename(target)
        return target


class _lock:
    """An exclusive lock beside a directory, so that parallel runs fetch and compile once."""

    def __init__(self, directory: Path):
        directory.parent.mkdir(parents=True, exist_ok=True)
        self._path = directory.with_name(directory.name + ".lock")

    def __enter__(self):
        self._file = open(self._path, "w")
        fcntl.flock(self._file, fcntl.LOCK_EX)
        return self

    def __exit__(self, *_):
        self._file.close()


def hadoop(version: str = DEFAULT_VERSION) -> Hadoop:
    """The jars of a version, fetched now unless they are cached; ValueError for what cannot be a version."""
    ordinal(version)
    root = cache_root() / f"hadoop-{version}"
    with _lock(root):
        if not root.exists():
            _fetch(root, version)
    return Hadoop(version, root)
