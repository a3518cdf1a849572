#!/usr/bin/env python3
"""Writes a parity certificate: adversarial rows for an XGBoost model, with XGBoost's own bits for each.

    python certify.py model.ubj -o certificate.json
    xgboost-infer check model.ubj --certificate certificate.json

Rows lie on the thresholds of the model and on both float32 neighbours of these, have features missing, signed zeros, subnormal and huge
numbers, infinities, every category and unknown ones, and walk to as many leaves as possible. `--data` adds rows of your own.

Copy this file wherever the model is trained: it needs Python 3.7 or later, NumPy and any XGBoost from 1.3 on (pyarrow too for `--data`
with Parquet). The format is described in docs/certificate.md of xgboost-infer.
"""
import argparse
import base64
import csv
import datetime
import hashlib
import json
import os
import platform
import sys
import tempfile

import numpy as np
import xgboost as xgb

F32 = np.float32
NAN, INF, HUGE, TINY = F32(np.nan), F32(np.inf), F32(3.4028235e38), F32(1e-45)
SPECIAL = [F32(x) for x in (0.0, -0.0, TINY, -TINY, 1.1754942e-38, -1.1754942e-38, 1.1754944e-38, HUGE, -HUGE)]
# Not codes of categories, which XGBoost takes nevertheless: negative ones, fractions, ones too large.
ODD_CODES = [F32(x) for x in (-1, -0.5, -0.0, 0.5, 1.5, 16777215, 16777216, 1e9, HUGE)]
KINDS = ["mixture", "leaf", "threshold", "below threshold", "above threshold", "missing", "special number", "infinity", "category",
         "unknown category", "one value everywhere", "own data"]
(MIXTURE, LEAF, THRESHOLD, BELOW, ABOVE, MISSING, SPECIAL_NUMBER, INFINITY, CATEGORY, UNKNOWN, UNIFORM, OWN) = range(len(KINDS))
MAX_ROWS = 2000
DATA_BYTES, WIDE_BYTES = 440000, 150000  # of the rows and their scores; of leaves and of contributions: a megabyte of text in all


def below(value):
    return np.nextafter(F32(value), -INF)


def above(value):
    return np.nextafter(F32(value), INF)


# --- the model ----------------------------------------------------------------------------------------------------------


class Tree(object):
    """Arrays by node of a tree, as in the JSON of a model."""

    def __init__(self, document):
        array = lambda key, kind: np.asarray(document[key], dtype=kind)
        self.left, self.right = array("left_children", np.int64), array("right_children", np.int64)
        self.feature, self.threshold = array("split_indices", np.int64), array("split_conditions", np.float64).astype(F32)
        self.default_left = array("default_left", bool)
        self.categories = {}  # node -> set of codes that go right
        codes = document.get("categories") or []
        for node, start, size in zip(*(document.get(key) or [] for key in ("categories_nodes", "categories_segments", "categories_sizes"))):
            self.categories[node] = set(codes[start:start + size])
        self.parent, self.splits, self.leaves = {}, [], []
        stack = [0]  # nodes that pruning deleted are not reached from the root
        while stack:
            node = stack.pop()
            if self.left[node] == -1:
                self.leaves.append(node)
                continue
            self.splits.append(node)
            for child in (int(self.left[node]), int(self.right[node])):
                self.parent[child] = node
                stack.append(child)

    def path(self, node):
        """(split, whether it goes left) from the root to a node."""
        steps = []
        while node != 0:
            parent = self.parent[node]
            steps.append((parent, node == self.left[parent]))
            node = parent
        return steps[::-1]


class Model(object):
    """What certify.py wants to know of a model, from its JSON."""

    def __init__(self, booster):
        document = as_json(booster)["learner"]
        gradient_booster = document["gradient_booster"]
        model = gradient_booster.get("gbtree", gradient_booster).get("model", {})
        self.cols = int(document["learner_model_param"]["num_feature"])
        self.names, self.types = document.get("feature_names") or [], document.get("feature_types") or []
        self.trees = [Tree(tree) for tree in model.get("trees", [])]
        self.has_vector_leaves = any(int(tree.get("tree_param", {}).get("size_leaf_vector", 0)) > 1 for tree in model.get("trees", []))
        self.category_names = [category_names(column) for column in (model.get("cats") or {}).get("enc", [])]
        self.thresholds = [set() for _ in range(self.cols)]
        self.codes = [0 if kind == "c" else None for kind in self.types] or [None] * self.cols  # largest code
        for tree in self.trees:
            for node in tree.splits:
                feature = int(tree.feature[node])
                if node in tree.categories:
                    self.codes[feature] = max([self.codes[feature] or 0] + list(tree.categories[node]))
                else:
                    self.thresholds[feature].add(float(tree.threshold[node]))
        for feature, names in enumerate(self.category_names):
            if names:
                self.codes[feature] = max(self.codes[feature] or 0, len(names) - 1)

    def values(self, feature):
        """All values worth trying for a feature, but infinities, which need rows of their own."""
        if self.codes[feature] is not None:
            return [F32(code) for code in range(min(self.codes[feature], 4095) + 2)] + ODD_CODES + [NAN]
        found = [NAN] + SPECIAL
        for threshold in self.thresholds[feature]:
            found += [F32(threshold), below(threshold), above(threshold)]
        return [value for value in found if not np.isinf(value)]


def release():
    return tuple(int(part) for part in xgb.__version__.split(".")[:2])


def as_json(booster):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "model.json")
        booster.save_model(path)
        with open(path, encoding="utf-8", errors="replace") as file:
            return json.load(file, strict=False)


def category_names(column):
    """Names of the categories of a column in the order of their codes, as XGBoost 3.1 and later stores them."""
    if "offsets" not in column:
        return column.get("values", [])
    data, offsets = bytes(value & 255 for value in column["values"]), column["offsets"]
    return [data[start:end].decode("utf-8", "replace") for start, end in zip(offsets, offsets[1:])]


# --- rows ---------------------------------------------------------------------------------------------------------------


class Rows(object):
    """Makes rows, each about one thing: a kind, and a feature (or -1)."""

    def __init__(self, model, random):
        self.model, self.random = model, random
        self.rows, self.kinds, self.features = [], [], []
        self.used = [feature for feature in range(model.cols) if model.thresholds[feature] or model.codes[feature] is not None]
        self.decks = [self.shuffled(model.values(feature)) for feature in range(model.cols)]
        self.next_card = [0] * model.cols

    def shuffled(self, items):
        return [items[place] for place in self.random.permutation(len(items))]

    def one_of(self, items):
        return items[self.random.randint(len(items))]

    def deal(self):
        """A row whose every value lies on or beside a threshold, or is special. All values of a feature have their turn."""
        row = np.empty(self.model.cols, dtype=F32)
        for feature, deck in enumerate(self.decks):
            row[feature] = deck[self.next_card[feature] % len(deck)]
            self.next_card[feature] += 1
        if self.random.rand() < 0.5:  # thresholds alone give rows far from real ones: also some between them
            for feature in self.used:
                if self.model.codes[feature] is None and self.random.rand() < 0.5:
                    row[feature] = self.between(self.one_of(self.decks[feature]), self.one_of(self.decks[feature]))
        return row

    @staticmethod
    def between(a, b):
        return F32(a / 2 + b / 2) if np.isfinite(a) and np.isfinite(b) and max(abs(a), abs(b)) < 1e37 else a

    def add(self, row, kind, feature=-1):
        self.rows.append(row)
        self.kinds.append(kind)
        self.features.append(feature)

    def reaching(self, tree, node):
        """A row that walks to a node, its features as close to the thresholds on the way as they may be."""
        row = self.deal()
        bounds, wanted, unwanted = {}, {}, {}
        for split, left in tree.path(node):
            feature = int(tree.feature[split])
            if split in tree.categories:
                codes = tree.categories[split]
                if left:
                    unwanted.setdefault(feature, set()).update(codes)
                else:
                    wanted[feature] = wanted.get(feature, codes) & codes
            else:
                low, high = bounds.get(feature, (-INF, INF))
                threshold = tree.threshold[split]
                bounds[feature] = (low, min(high, threshold)) if left else (max(low, threshold), high)
        for feature in set(wanted) | set(unwanted):
            code = self.code(feature, wanted.get(feature), unwanted.get(feature, set()))
            if code is not None:
                row[feature] = code
        for feature, (low, high) in bounds.items():  # low <= x < high
            ends = [value for value in (low, below(high)) if np.isfinite(value)]
            if not ends:
                continue
            row[feature] = self.between(*ends) if len(ends) == 2 and self.random.rand() < 0.3 else self.one_of(ends)
        return row

    def code(self, feature, wanted, unwanted):
        """A category among the wanted ones (None: all, and one unknown) that is not unwanted; None where none is found."""
        if wanted is not None:
            codes = sorted(wanted - unwanted)
            return self.one_of(codes) if codes else None
        for _ in range(20):  # rather than a list of all: there may be thousands
            code = self.random.randint((self.model.codes[feature] or 0) + 2)
            if code not in unwanted:
                return code
        return None

    def split(self, categorical):
        """A random split, as (tree, node), among the numerical or the categorical ones; None where there are none."""
        for _ in range(200):
            tree = self.one_of(self.model.trees)
            nodes = [node for node in tree.splits if (node in tree.categories) == categorical]
            if nodes:
                return tree, self.one_of(nodes)
        return None

    def at_split(self, chosen, values):
        """Rows that reach a split, with these values in its feature: (kind, value) each."""
        tree, node = chosen
        feature, row = int(tree.feature[node]), self.reaching(tree, node)
        for kind, value in values:
            changed = row.copy()
            changed[feature] = value
            self.add(changed, kind, feature)

    def at_threshold(self, chosen):
        tree, node = chosen
        threshold = tree.threshold[node]
        values = [(THRESHOLD, threshold), (BELOW, below(threshold)), (ABOVE, above(threshold))]
        self.at_split(chosen, [(kind, value) for kind, value in values if np.isfinite(value)])

    def of_category(self, chosen, turn):
        tree, node = chosen
        feature, codes = int(tree.feature[node]), sorted(tree.categories[node])
        beyond = (self.model.codes[feature] or 0) + 1
        other = self.code(feature, None, tree.categories[node])
        other = beyond if other is None else other
        unknown = [beyond, beyond + 31 - beyond % 32, beyond + 32 - beyond % 32] + ODD_CODES
        self.at_split(chosen, [(CATEGORY, codes[turn % len(codes)]), (CATEGORY, other), (UNKNOWN, unknown[turn % len(unknown)])])

    def fill(self, count):
        for value in [NAN] + SPECIAL + [F32(1)]:
            self.add(np.full(self.model.cols, value, dtype=F32), UNIFORM)
        leaves = self.shuffled([(tree, leaf) for tree in self.model.trees for leaf in tree.leaves]) if self.model.trees else []
        numerical, categorical = (self.split(False), self.split(True)) if leaves else (None, None)
        turn = 0
        while len(self.rows) < count:
            self.add(self.deal(), MIXTURE)
            if leaves:
                for tree, leaf in (leaves[place % len(leaves)] for place in range(turn * 4, turn * 4 + 4)):
                    self.add(self.reaching(tree, leaf), LEAF)
            for categories in [False] * 2 * (numerical is not None) + [True] * (categorical is not None):
                self.at_threshold(self.split(False)) if not categories else self.of_category(self.split(True), turn)
            chosen = self.split(turn % 2 == 1 and categorical is not None) if leaves else None
            if chosen:
                self.at_split(chosen, [(MISSING, NAN), (SPECIAL_NUMBER, SPECIAL[turn % len(SPECIAL)])])
                self.at_split(chosen, [(INFINITY, INF if turn % 2 else -INF)])
            turn += 1
        del self.rows[count:], self.kinds[count:], self.features[count:]


# --- a table of one's own -----------------------------------------------------------------------------------------------


def read_table(path):
    """Columns by name."""
    if path.lower().endswith((".parquet", ".pq")):
        import pyarrow.parquet

        return pyarrow.parquet.read_table(path).to_pydict()
    with open(path, newline="", encoding="utf-8-sig") as file:
        rows = list(csv.DictReader(file, delimiter="\t" if path.lower().endswith(".tsv") else ","))
    return {name: [row[name] for row in rows] for name in (rows[0] if rows else {})}


def number_of(value, names, column):
    if value is None or value == "" or str(value).lower() in ("nan", "na", "null", "none"):
        return np.nan
    if names and value in names:
        return names.index(value)
    try:
        return float(value)
    except ValueError:
        sys.exit("column %s: %r is neither a number nor a category of the model" % (column, value))


def own_rows(table, model):
    names = model.names or ["f%d" % feature for feature in range(model.cols)]
    absent = [name for name in names if name not in table]
    if absent:
        sys.exit("--data has no column %s" % ", ".join(absent))
    rows = np.empty((len(table[names[0]]) if names else 0, model.cols), dtype=F32)
    for feature, name in enumerate(names):
        categories = model.category_names[feature] if model.category_names else []
        rows[:, feature] = np.array([number_of(value, categories, name) for value in table[name]], dtype=np.float64).astype(F32)
    return rows


def compare_column(column, found, name):
    """The user's predictions beside those of this XGBoost: the latter go into the certificate."""
    wanted = np.array([number_of(value, [], name) for value in column], dtype=np.float64).astype(F32)
    if found.ndim != 1:
        sys.exit("--prediction-column: the model has %d values a row, one column has one" % found.shape[1])
    equal = int(np.sum((wanted == found) | (np.isnan(wanted) & np.isnan(found))))
    print("%s: %d of %d values are those that this XGBoost gives" % (name, equal, len(wanted)))
    return equal == len(wanted)


# --- XGBoost's answers --------------------------------------------------------------------------------------------------


def predict(booster, rows, **options):
    """Booster.predict. A DMatrix takes an infinity only where the other one is named as missing."""
    plus, minus = np.isposinf(rows).any(axis=1), np.isneginf(rows).any(axis=1)
    answer = None
    for chosen, missing in ((~plus & ~minus, np.nan), (plus, -np.inf), (minus & ~plus, np.inf)):
        if chosen.any():
            # Before 2.1, a booster without names takes those of the first rows that it sees.
            matrix = xgb.DMatrix(np.ascontiguousarray(rows[chosen]), missing=missing, nthread=1)
            part = np.asarray(booster.predict(matrix, validate_features=False, **options))
            if answer is None:
                answer = np.empty((len(rows),) + part.shape[1:], dtype=part.dtype)
            answer[chosen] = part
    return answer


def without_refused(booster, rows):
    """Which rows this release takes: some refuse infinities whatever is named as missing."""
    infinite = np.isinf(rows).any(axis=1)
    try:
        predict(booster, rows)
        return np.ones(len(rows), dtype=bool)
    except xgb.core.XGBoostError:
        return ~infinite


def encode(array, kind):
    array = np.ascontiguousarray(array).astype(kind)
    return base64.b64encode(array.tobytes()).decode("ascii")


def output(array, kind="float32", budget=None):
    """An output of the first rows: all of them, or as many as fit."""
    rows = len(array) if budget is None else max(1, min(len(array), budget // max(1, array[0].nbytes * np.dtype(kind).itemsize // array.itemsize)))
    array = array[:rows]
    return {"shape": [int(size) for size in array.shape], "type": kind, "data": encode(array, np.dtype(kind).newbyteorder("<"))}


def outputs_of(booster, model, rows, contribs):
    """All outputs that there are, and how much of the model the rows reach."""
    found = {"value": output(predict(booster, rows)), "margin": output(predict(booster, rows, output_margin=True))}
    coverage = {}
    if model.trees:
        leaves = predict(booster, rows, pred_leaf=True).reshape(len(rows), -1)
        kind = "uint8" if leaves.max() < 256 else "uint16" if leaves.max() < 65536 else "uint32"
        found["leaf"] = output(leaves, kind, WIDE_BYTES)
        trees = min(leaves.shape[1], len(model.trees))
        coverage["leaves"] = [sum(len(np.unique(leaves[:, tree])) for tree in range(trees)), sum(len(tree.leaves) for tree in model.trees[:trees])]
        hit = [len(values & set(float(value) for value in rows[:, feature])) for feature, values in enumerate(model.thresholds)]
        coverage["thresholds"] = [sum(hit), sum(len(values) for values in model.thresholds)]
    if contribs and model.has_vector_leaves and release() < (3, 3):
        print("no contributions: XGBoost has them of trees with vector leaves since 3.3")
    elif contribs:
        found["contribs"] = output(predict(booster, rows, pred_contribs=True), budget=WIDE_BYTES)
    return found, coverage


# --- the certificate ----------------------------------------------------------------------------------------------------


def describe_model(path):
    with open(path, "rb") as file:
        content = file.read()
    return {"name": os.path.basename(path), "bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}


def make_rows(arguments, model, booster):
    groups = int(np.asarray(booster.predict(xgb.DMatrix(np.zeros((1, model.cols), dtype=F32)), validate_features=False)).size)
    count = arguments.rows or int(max(50, min(MAX_ROWS, DATA_BYTES // (4 * model.cols + 8 * groups))))
    maker, agrees = Rows(model, np.random.RandomState(arguments.seed)), True
    if arguments.data:
        table = read_table(arguments.data)
        rows = own_rows(table, model)
        if arguments.prediction_column:
            if arguments.prediction_column not in table:
                sys.exit("--data has no column %s" % arguments.prediction_column)
            agrees = compare_column(table[arguments.prediction_column], predict(booster, rows), arguments.prediction_column)
        for row in rows[np.linspace(0, len(rows) - 1, min(len(rows), count // 2)).astype(int)]:
            maker.add(row, OWN)
    maker.fill(count)
    rows, kinds, features = np.array(maker.rows, dtype=F32).reshape(count, model.cols), np.array(maker.kinds), np.array(maker.features)
    # Shuffled, as outputs with many values a row are of the first rows alone.
    order = maker.random.permutation(count)
    order = order[without_refused(booster, rows[order])]
    return rows[order], kinds[order], features[order], agrees


def certify(arguments):
    booster = xgb.Booster(params={"nthread": 1}, model_file=arguments.model)  # threads gain nothing here, and wait for each other on a busy machine
    model = Model(booster)
    rows, kinds, features, agrees = make_rows(arguments, model, booster)
    outputs, coverage = outputs_of(booster, model, rows, arguments.contribs)
    when = os.environ.get("SOURCE_DATE_EPOCH")
    now = datetime.datetime.fromtimestamp(int(when), datetime.timezone.utc) if when else datetime.datetime.now(datetime.timezone.utc)
    certificate = {
        "format": "xgboost-infer certificate", "version": 1,
        "model": describe_model(arguments.model),
        "xgboost": xgb.__version__, "numpy": np.__version__, "python": platform.python_version(), "platform": " ".join([platform.system(), platform.machine()] + list(platform.libc_ver())).strip(),
        "created": now.strftime("%Y-%m-%dT%H:%M:%SZ"), "seed": arguments.seed, "coverage": coverage,
        "features": {"names": model.names, "types": model.types},
        "rows": len(rows), "cols": model.cols, "data": encode(rows, "<f4"),
        "outputs": outputs,
        "kinds": {"names": KINDS, "kind": encode(kinds, "u1"), "feature": encode(features, "<i4")},
    }
    write(arguments.output, json.dumps(certificate, separators=(",", ":")) + "\n")
    return certificate, agrees


def write(path, text):
    """Aside first, so that nobody reads half a certificate."""
    with open(path + ".part", "w", encoding="utf-8", newline="\n") as file:
        file.write(text)
    os.replace(path + ".part", path)


def main():
    parser = argparse.ArgumentParser(description="Writes adversarial rows for an XGBoost model, with XGBoost's own bits for each.")
    parser.add_argument("model", help="model file, in any format that the installed XGBoost loads")
    parser.add_argument("-o", "--output", default="certificate.json", help="file to write (default: %(default)s)")
    parser.add_argument("--rows", type=int, help="rows in all (default: 2000, fewer for wide models: about a megabyte)")
    parser.add_argument("--seed", type=int, default=2024, help="of the random choices (default: %(default)s)")
    parser.add_argument("--contribs", action="store_true", help="SHAP contributions too")
    parser.add_argument("--data", metavar="FILE", help="CSV, TSV or Parquet: half of the rows are taken from it, columns by feature name")
    parser.add_argument("--prediction-column", metavar="NAME", help="column of --data with predictions, to be compared with those of this XGBoost")
    arguments = parser.parse_args()
    if arguments.rows is not None and arguments.rows < 1:
        parser.error("--rows must be at least 1")
    if arguments.prediction_column and not arguments.data:
        parser.error("--prediction-column needs --data")
    certificate, agrees = certify(arguments)
    print("%s: %d rows by XGBoost %s, outputs: %s" % (arguments.output, certificate["rows"], certificate["xgboost"], ", ".join(sorted(certificate["outputs"]))))
    for what, (reached, total) in sorted(certificate["coverage"].items()):
        print("%s reached: %d of %d" % (what, reached, total))
    return 0 if agrees else 1


if __name__ == "__main__":
    sys.exit(main())
