"""
Makes sample/tumours.csv: the Wisconsin breast cancer data that scikit-learn ships (569 tumours, 30 measurements), whether each is
benign, and what XGBoost says of it with examples/tumour/model.ubj. Run in an environment of fixtures/ that has xgboost 3.4.1.
"""

import csv
import pathlib

import numpy as np
import xgboost as xgb

root = pathlib.Path(__file__).resolve().parents[3]
raw = root / "fixtures" / ".datasets"
rows = np.load(raw / "breast_cancer.x.npy")
benign = np.load(raw / "breast_cancer.y.npy").astype(int)
names = (raw / "breast_cancer.names.txt").read_text().split("\n")[: rows.shape[1]]

booster = xgb.Booster(model_file=root / "examples" / "tumour" / "model.ubj")
scores = booster.predict(xgb.DMatrix(rows.astype(np.float32), feature_names=booster.feature_names))
assert names == booster.feature_names

with open(pathlib.Path(__file__).parents[1] / "sample" / "tumours.csv", "w", newline="") as file:
    out = csv.writer(file, lineterminator="\n")
    out.writerow(["tumour", *names, "benign", "python"])
    for i, row in enumerate(rows):
        texts = [repr(float(x)).removesuffix(".0") for x in row]
        out.writerow([f"T{i + 1:03d}", *texts, benign[i], str(scores[i])])
