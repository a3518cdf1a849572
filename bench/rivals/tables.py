"""The nightly job that `xgboost-infer predict` replaces: reads a table, scores it with XGBoost, writes the scores.

tables.py READER MODEL DATA OUT

READER is pandas (read_csv as it comes), pandas-pyarrow (read_csv by pyarrow, in all threads) or pyarrow (Parquet). XGBoost takes
all threads that it wants. Prints one line of JSON: seconds of each step, and the versions.
"""

import json
import sys
import time

begin = time.perf_counter()

import numpy
import pandas
import pyarrow
import pyarrow.parquet
import xgboost

reader, model, data, out = sys.argv[1:]
steps = {}


def step(name: str) -> None:
    global begin
    now = time.perf_counter()
    steps[name] = now - begin
    begin = now


step("import")
booster = xgboost.Booster(model_file=model)
step("load")
if reader == "pandas":
    table = pandas.read_csv(data)
elif reader == "pandas-pyarrow":
    table = pandas.read_csv(data, engine="pyarrow")
else:
    table = pyarrow.parquet.read_table(data).to_pandas()
step("read")
scores = booster.inplace_predict(table, validate_features=booster.feature_names is not None)
step("predict")
if reader == "pyarrow":
    pyarrow.parquet.write_table(pyarrow.table({"score": scores}), out)
else:
    pandas.DataFrame({"score": scores}).to_csv(out, index=False)
step("write")
versions = {each.__name__: each.__version__ for each in (numpy, pandas, pyarrow, xgboost)}
print(json.dumps({"steps": steps, "versions": versions, "rows": len(scores)}))
