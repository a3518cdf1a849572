"""XGBoost's side of the loading benchmark: answers commands on standard input, one line of JSON each.

save SOURCE TARGET FORMAT   loads a model file and saves it as XGBoost does ("json" or "ubj")
load PATH REPEATS           loads the bytes of a file, one thread, and gives the milliseconds of each time
"""

import json
import sys
import time
from pathlib import Path

import xgboost


def save(source: str, target: str, kind: str) -> dict:
    booster = xgboost.Booster()
    booster.load_model(bytearray(Path(source).read_bytes()))
    Path(target).write_bytes(booster.save_raw(kind))
    return {"version": xgboost.__version__}


def load(path: str, repeats: str) -> dict:
    data = bytearray(Path(path).read_bytes())
    times = []
    for _ in range(int(repeats)):
        begin = time.perf_counter()
        booster = xgboost.Booster({"nthread": 1})
        booster.load_model(data)
        times.append((time.perf_counter() - begin) * 1000)
    return {"times": times}


for line in sys.stdin:
    command, *arguments = line.rstrip("\n").split("\t")
    print(json.dumps({"save": save, "load": load}[command](*arguments)), flush=True)
