"""Starts a cluster and keeps it until interrupted.

    python3 -m tests.cluster --datanodes 1 --conf-out /tmp/conf-dir-path

prints the file system's URI and the client's configuration directory.
"""

import argparse
import signal
import sys
import threading
from pathlib import Path

from . import simple
from .jars import MissingTool, hadoop
from .process import ProcessError
from .versions import DEFAULT_VERSION


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python3 -m tests.cluster", description=__doc__.splitlines()[0])
    parser.add_argument("--version", default=DEFAULT_VERSION, help="Hadoop version (default %(default)s)")
    parser.add_argument("--datanodes", type=int, default=1, metavar="N")
    parser.add_argument("--symlinks", action="store_true", help="a NameNode that allows symbolic links")
    parser.add_argument("--short-circuit", action="store_true", help="DataNodes that pass open files to local clients")
    parser.add_argument("--dir", metavar="D", help="where the cluster's directory is made (default: the temp dir)")
    parser.add_argument("--conf", action="append", default=[], metavar="KEY=VALUE", help="a Hadoop key, repeatable")
    parser.add_argument("--conf-out", metavar="FILE",
                        help="when healthy, write URI, configuration directory and NameNode HTTP address here, a line each")
    parser.add_argument("--fetch", action="store_true", help="only fetch the jars")
    return parser.parse_args()


def _report(cluster, conf_out: str | None) -> None:
    print(f"uri={cluster.uri}\nconf={cluster.conf_dir}\nhttp={cluster.namenode_http}\nlogs={cluster.logs}", flush=True)
    for process in cluster.processes.values():
        print(f"pid.{process.name}={process.pid}", flush=True)
    if conf_out:
        partial = Path(conf_out + ".partial")
        partial.write_text(f"{cluster.uri}\n{cluster.conf_dir}\n{cluster.namenode_http}\n")
        partial.rename(conf_out)


def main() -> int:
    options = _arguments()
    stop = threading.Event()

    def interrupted(number, _frame):
        if stop.is_set() or not running:
            raise SystemExit(128 + number)
        stop.set()

    running = False
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupted)
    try:
        if options.fetch:
            print(hadoop(options.version).root)
            return 0
        conf = dict(item.split("=", 1) for item in options.conf)
        with simple(version=options.version, datanodes=options.datanodes, symlinks=options.symlinks,
                    short_circuit=options.short_circuit, conf=conf, parent=options.dir) as cluster:
            _report(cluster, options.conf_out)
            running = True
            while not stop.wait(1):
                pass
    except (ProcessError, MissingTool, RuntimeError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
