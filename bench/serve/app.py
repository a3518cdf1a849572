"""The service that xgboost-infer-serve takes the place of: a form with resource_id and feature_dict, scored by XGBoost.

Written as well as it can be: no DMatrix, one thread a process, NumPy for the row. A list of dicts for feature_dict, which the original
did not have, is a request of many rows.
"""

import json
import os
import uuid

import numpy
import xgboost
from flask import Flask, jsonify, request

booster = xgboost.Booster({"nthread": 1})
booster.load_model(os.environ["MODEL"])
columns = {name: column for column, name in enumerate(booster.feature_names)}
app = Flask(__name__)


@app.post("/")
def score():
    request_id = request.headers.get("X-Request-Id") or str(uuid.uuid4())
    if request.form.get("resource_id") != "risk":
        return jsonify(status=1, msg="no such model", result=None, request_id=request_id)
    features = json.loads(request.form["feature_dict"])
    rows = features if isinstance(features, list) else [features]
    values = numpy.full((len(rows), len(columns)), numpy.nan, dtype=numpy.float32)
    for row, named in zip(values, rows):
        for name, value in named.items():
            row[columns[name]] = value
    scores = [float(value) for value in booster.inplace_predict(values, validate_features=False)]
    result = {"score": scores if isinstance(features, list) else scores[0], "model": "risk"}
    return jsonify(status=0, msg="success", result=result, request_id=request_id)
