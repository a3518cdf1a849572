"""Rivals that are called from Python.

    rivals.py CONTENDER FOLDER          answers the commands of README.md on standard input
    rivals.py prepare FOLDER WHAT       makes a file that other formats need, or XGBoost's own answers
"""

import importlib.metadata
import json
import os
import sys
import time

import numpy as np


class Contender:
    """One row a call: `single(i)`, row number i. All rows in one call: `batch(rows)`."""

    packages = ("xgboost-cpu",)

    def __init__(self, folder):
        self.folder = folder
        with open(f"{folder}/meta.json") as file:
            self.meta = json.load(file)
        self.rows = np.fromfile(f"{folder}/rows.f32", dtype=np.float32).reshape(-1, self.meta["features"])
        self.views = [self.rows[i : i + 1] for i in range(len(self.rows))]

    def path(self, name):
        return f"{self.folder}/{name}"

    def load(self):
        raise NotImplementedError

    def single(self, i):
        return self.batch(self.views[i])

    def batch(self, rows):
        raise NotImplementedError

    def forget(self):
        """Called before each batch, off the clock: drops answers that are kept."""


def booster(path):
    import xgboost

    model = xgboost.Booster({"nthread": 1})
    model.load_model(path)
    return model


class XgboostInplace(Contender):
    def load(self):
        self.model = booster(self.path("model.json"))

    def batch(self, rows):
        return self.model.inplace_predict(rows)


class XgboostDmatrix(Contender):
    """The matrix is built in the call."""

    def load(self):
        import xgboost

        self.model = booster(self.path("model.json"))
        self.matrix = xgboost.DMatrix

    def batch(self, rows):
        return self.model.predict(self.matrix(rows, nthread=1))


class XgboostDmatrixReady(Contender):
    """The matrices are built before the clock starts: one of all rows, and one for each row.

    XGBoost keeps the answers for the last matrices that it saw: dropped before each batch, and long gone when a single
    row comes again.
    """

    def load(self):
        import xgboost

        self.model = booster(self.path("model.json"))
        self.whole = xgboost.DMatrix(self.rows, nthread=1)
        self.singles = [xgboost.DMatrix(row, nthread=1) for row in self.views]

    def single(self, i):
        return self.model.predict(self.singles[i])

    def batch(self, rows):
        return self.model.predict(self.whole)

    def forget(self):
        self.model.reset()


class XgboostContribs(XgboostDmatrixReady):
    """SHAP contributions."""

    def single(self, i):
        return self.model.predict(self.singles[i], pred_contribs=True)

    def batch(self, rows):
        return self.model.predict(self.whole, pred_contribs=True)


class Lignum(Contender):
    packages = ("pylignum",)

    def load(self):
        import lignum

        self.model = lignum.load(self.path("model.json"))
        # Its input is float64: converted before the clock starts, as its documentation advises.
        self.rows = self.rows.astype(np.float64)
        self.views = [self.rows[i : i + 1] for i in range(len(self.rows))]

    def batch(self, rows):
        return self.model.predict(rows, n_jobs=1)


class LignumCompiled(Lignum):
    """Its trees as machine code, made by `prepare`."""

    def load(self):
        super().load()
        self.model.load_compiled(need(self.path("lignum.so")))


class OnnxRuntime(Contender):
    packages = ("onnxruntime", "onnxmltools")

    def load(self):
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        self.session = onnxruntime.InferenceSession(
            need(self.path("model.onnx")), options, providers=["CPUExecutionProvider"]
        )
        # Label and probabilities for a classifier, and nothing but the values for a regression.
        self.wanted = [self.session.get_outputs()[-1].name]
        self.columns = (
            slice(1, 2) if self.meta["objective"] == "binary:logistic" else slice(None)
        )

    def batch(self, rows):
        return self.session.run(self.wanted, {"input": rows})[0][:, self.columns]


class Daal4py(Contender):
    packages = ("scikit-learn-intelex",)

    def load(self):
        import daal4py

        daal4py.daalinit(nthreads=1)
        model = daal4py.mb.convert_model(booster(self.path("model.json")))
        self.regression = self.meta["objective"].startswith("reg:")
        self.call = model.predict if self.regression else model.predict_proba
        self.columns = slice(1, 2) if self.meta["objective"] == "binary:logistic" else slice(None)

    def batch(self, rows):
        values = self.call(rows)
        return values if self.regression else values[:, self.columns]


def treelite_model(folder):
    import treelite

    return treelite.frontend.load_xgboost_model(f"{folder}/model.json")


class TreeliteGtil(Contender):
    packages = ("treelite",)

    def load(self):
        import treelite

        self.model = treelite_model(self.folder)
        self.predict = treelite.gtil.predict

    def batch(self, rows):
        return self.predict(self.model, rows, nthread=1)


class Tl2cgen(Contender):
    """Trees compiled to machine code by `prepare`."""

    packages = ("tl2cgen",)

    def load(self):
        import tl2cgen

        self.predictor = tl2cgen.Predictor(need(self.path("tl2cgen.so")), nthread=1)
        self.matrix = tl2cgen.DMatrix

    def batch(self, rows):
        return self.predictor.predict(self.matrix(rows))


CONTENDERS = {
    "xgboost-inplace": XgboostInplace,
    "xgboost-dmatrix": XgboostDmatrix,
    "xgboost-dmatrix-ready": XgboostDmatrixReady,
    "xgboost-contribs": XgboostContribs,
    "xgboost-contribs-3.2": XgboostContribs,
    "lignum": Lignum,
    "lignum-compiled": LignumCompiled,
    "onnxruntime": OnnxRuntime,
    "daal4py": Daal4py,
    "treelite-gtil": TreeliteGtil,
    "tl2cgen": Tl2cgen,
}


def need(path):
    if not os.path.exists(path):
        raise FileNotFoundError(f"{os.path.basename(path)} was not made")
    return path


def version(contender):
    return ", ".join(f"{name} {importlib.metadata.version(name)}" for name in contender.packages)


def timed(contender, kind, calls):
    if kind == "single":
        count, start = len(contender.rows), contender.__dict__.get("next", 0)
        order = [(start + i) % count for i in range(calls)]
        contender.next = (start + calls) % count
        call = contender.single
        cpu, wall = time.process_time(), time.perf_counter()
        for row in order:
            call(row)
        return {"wall": time.perf_counter() - wall, "cpu": time.process_time() - cpu}
    wall = cpu = 0.0
    for _ in range(calls):
        contender.forget()
        cpu_before, wall_before = time.process_time(), time.perf_counter()
        contender.batch(contender.rows)
        wall += time.perf_counter() - wall_before
        cpu += time.process_time() - cpu_before
    return {"wall": wall, "cpu": cpu}


def check(contender, kind, count, path):
    if kind == "single":
        parts = [np.asarray(contender.single(i), dtype=np.float32).ravel() for i in range(count)]
        values = np.concatenate(parts)
    else:
        # Some contenders have their matrix ready, of all rows.
        values = np.asarray(contender.batch(contender.rows), dtype=np.float32).ravel()
        values = values[: values.size // len(contender.rows) * count]
    values.tofile(path)
    return {"ok": True}


def answer(contender, words):
    if words[0] == "load":
        contender.load()
        return {"ok": True, "version": version(contender)}
    if words[0] == "check":
        return check(contender, words[1], int(words[2]), words[3])
    if words[0] == "run":
        return timed(contender, words[1], int(words[2]))
    raise ValueError(f"unknown command {words[0]}")


def explain(error):
    return {"error": f"{type(error).__name__}: {error}".split("Stack trace")[0].strip()}


def serve(name, folder):
    # Libraries that print must not disturb the answers.
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)
    contender = None
    for line in sys.stdin:
        words = line.rstrip("\n").split(" ", 3)
        if words[0] == "quit":
            break
        try:
            contender = contender or CONTENDERS[name](folder)
            reply = answer(contender, words)
        except Exception as error:  # reported, whatever it is
            reply = explain(error)
        print(json.dumps(reply), file=answers, flush=True)


def prepare_expected(folder):
    import xgboost

    contender = Contender(folder)
    matrix = xgboost.DMatrix(contender.rows, nthread=1)
    return booster(f"{folder}/model.json").predict(matrix).astype(np.float32).tobytes()


def prepare_dump(folder):
    model = booster(f"{folder}/model.json")
    return "[{}]".format(",".join(model.get_dump(dump_format="json"))).encode()


def prepare_onnx(folder):
    import onnxmltools
    from onnxmltools.convert.common.data_types import FloatTensorType

    contender = Contender(folder)
    inputs = [("input", FloatTensorType([None, contender.meta["features"]]))]
    model = booster(f"{folder}/model.json")
    return onnxmltools.convert_xgboost(model, initial_types=inputs).SerializeToString()


def prepare_lignum(folder):
    import lignum

    lignum.load(f"{folder}/model.json").compile(
        work_dir=folder, jobs=os.cpu_count(), library=f"{folder}/lignum.so.part"
    )


def prepare_tl2cgen(folder):
    import tl2cgen

    # Many files, so that the compiler's time does not explode; branch hints and the like need training data.
    tl2cgen.export_lib(
        treelite_model(folder),
        toolchain="gcc",
        libpath=f"{folder}/tl2cgen.part.so",
        params={"parallel_comp": 64},
        nthread=os.cpu_count(),
        options=["-march=native"],
    )
    os.replace(f"{folder}/tl2cgen.part.so", f"{folder}/tl2cgen.so.part")


# What each makes: a file's name, and a function that gives its bytes or writes NAME.part itself.
PREPARE = {
    "expected": ("expected.f32", prepare_expected),
    "dump": ("model.dump.json", prepare_dump),
    "onnx": ("model.onnx", prepare_onnx),
    "lignum": ("lignum.so", prepare_lignum),
    "tl2cgen": ("tl2cgen.so", prepare_tl2cgen),
}


def prepare(folder, what):
    """Writes files whole or not at all; a failure goes to standard output and is the exit status."""
    name, make = PREPARE[what]
    path = f"{folder}/{name}"
    if os.path.exists(path):
        return 0
    try:
        data = make(folder)
        if data is not None:
            with open(f"{path}.part", "wb") as file:
                file.write(data)
        os.replace(f"{path}.part", path)
        return 0
    except Exception as error:  # reported, whatever it is
        print(json.dumps(explain(error)))
        return 1


if __name__ == "__main__":
    if sys.argv[1] == "prepare":
        sys.exit(prepare(sys.argv[2], sys.argv[3]))
    serve(sys.argv[1], sys.argv[2])
