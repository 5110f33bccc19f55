"""`python -m bench [NAME ...]`: runs the benches named (all without a name), prints a table each
and appends a line a figure to var/bench.jsonl."""

import argparse
import importlib
import importlib.util
import sys

from bench.report import print_table

NAMES = (
    "headers",
    "codecs",
    "receive",
    "send",
    "find",
    "dicomweb",
    "exam_to_phone",
    "patient_path",
    "viewer",
)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(NAMES))
    parser.add_argument("--quick", action="store_true", help="one run a case instead of three")
    arguments = parser.parse_args()
    unknown = set(arguments.names) - set(NAMES)
    if unknown:
        parser.error(f"no bench named {', '.join(sorted(unknown))}; there are {', '.join(NAMES)}")
    status = 0
    for name in arguments.names or NAMES:
        if importlib.util.find_spec(f"bench.{name}") is None:
            print(f"{name}: not there yet", file=sys.stderr)
            status = 1
            continue
        importlib.import_module(f"bench.{name}").run(quick=arguments.quick)
        print_table(name)
    return status


if __name__ == "__main__":
    sys.exit(main())
