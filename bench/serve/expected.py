"""expected.py MODEL ROWS COLUMNS OUT: XGBoost's own scores of rows of raw float32, as raw float32; prints versions as JSON."""

import json
import platform
import sys
from importlib.metadata import version

import numpy
import xgboost

model, rows, columns, out = sys.argv[1:]
booster = xgboost.Booster({"nthread": 1})
booster.load_model(model)
values = numpy.fromfile(rows, dtype="<f4").reshape(-1, int(columns))
booster.inplace_predict(values, validate_features=False).astype("<f4").tofile(out)
names = {"Flask": "flask", "uWSGI": "uwsgi"}
versions = {name: version(package) for name, package in names.items()}
print(json.dumps({"Python": platform.python_version(), "XGBoost": xgboost.__version__, **versions}))
