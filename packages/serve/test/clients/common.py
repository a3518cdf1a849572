"""What the clients score: a fixture of the repository, and the bits that Python answered."""

import json
import pathlib
import sys

import numpy

ROOT = pathlib.Path(__file__).resolve().parents[4] / "fixtures"
PORT, ADMIN_PORT, MODEL, CASE = sys.argv[1:5]

_case = next(c for c in json.loads((ROOT / "manifest.json").read_text())["cases"] if c["name"] == CASE)
_main = _case["inputs"]["main"]
ROWS = numpy.fromfile(ROOT / _main["path"], dtype=numpy.float32).reshape(_main["rows"], _main["cols"])
NAMES = _case["model"]["featureNames"] or [f"f{i}" for i in range(_main["cols"])]
_all = numpy.fromfile(ROOT / _case["expected"], dtype=numpy.float32)


def expected(call_id):
    call = next(c for c in _case["calls"] if c["id"] == call_id)
    place = call["expect"]["*"]["file"]
    offset, length = place["at"]
    return _all[offset : offset + length].reshape(len(ROWS), -1)


def check(what, found, call_id="value"):
    found = numpy.asarray(found, dtype=numpy.float32).reshape(len(ROWS), -1)
    assert found.tobytes() == expected(call_id).tobytes(), f"{what}: other bits than {call_id} of {CASE}"
    print(f"ok {what}")
