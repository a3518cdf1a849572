"""Rows of the example model and XGBoost's own values for them, from its certificate."""
import base64
import json
import os

import numpy as np

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MODEL = os.path.join(ROOT, "examples", "tumour", "model.ubj")
COMMAND = os.path.join(ROOT, "packages", "cli", "bin", "xgboost-infer.js")


def certified():
    """Feature names, rows (finite ones), values."""
    with open(os.path.join(ROOT, "examples", "tumour", "certificate.json"), encoding="utf-8") as file:
        certificate = json.load(file)
    floats = lambda text: np.frombuffer(base64.b64decode(text), "<f4")
    rows = floats(certificate["data"]).reshape(certificate["rows"], certificate["cols"])
    return certificate["features"]["names"], rows, floats(certificate["outputs"]["value"]["data"])


def same_bits(found, expected):
    return np.array_equal(np.asarray(found, "<f4").view("<i4"), np.asarray(expected, "<f4").view("<i4"))
