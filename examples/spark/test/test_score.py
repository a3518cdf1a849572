"""Scores a DataFrame of four partitions in a local Spark; a scorer is killed in the middle of one. Run by packages/cli/test/slow/recipes.test.ts."""
import os
import sys
import tempfile

import numpy as np
import pyarrow as pa

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [os.path.dirname(HERE), os.path.join(os.path.dirname(os.path.dirname(HERE)), "test")]

from pyspark.errors import PythonException  # noqa: E402
from pyspark.sql import SparkSession  # noqa: E402
from rows import COMMAND, MODEL, certified, same_bits  # noqa: E402
from score import with_scores  # noqa: E402

TIMES = 400


def command(model=MODEL):
    return ["node", COMMAND, "predict", "--model", model, "--data", "-", "--format", "arrows", "--output-format", "arrows", "--keep", "id", "--workers", "0", "--quiet"]


def check(frame, expected, what):
    table = frame.toArrow().sort_by("id")
    assert np.array_equal(table["id"].to_numpy(), np.arange(len(expected))), "%s: not every row once" % what
    assert same_bits(table["score"].to_numpy(), expected), "%s: other bits" % what
    print("%s: %d rows, each once, with XGBoost's bits" % (what, table.num_rows))


def main():
    names, rows, values = certified()
    data = np.tile(rows, (TIMES, 1))
    columns = {"id": np.arange(len(data)), **{name: data[:, place] for place, name in enumerate(names)}}
    # "4" is how often Spark runs a task before it gives up.
    os.environ["PYSPARK_PYTHON"] = sys.executable
    spark = (SparkSession.builder.master("local[2,4]").config("spark.ui.enabled", "false").config("spark.driver.memory", "1g")
             .config("spark.sql.execution.arrow.maxRecordsPerBatch", "1000").config("spark.driver.host", "127.0.0.1").config("spark.driver.bindAddress", "127.0.0.1")
             .getOrCreate())
    spark.sparkContext.setLogLevel("OFF")
    spark.sparkContext.addPyFile(os.path.join(os.path.dirname(HERE), "score.py"))
    frame = spark.createDataFrame(pa.table(columns)).repartition(4)
    expected = np.tile(values, TIMES)
    check(with_scores(frame, command(), ["score"]), expected, "scored")
    with tempfile.TemporaryDirectory() as folder:
        marker = os.path.join(folder, "killed")
        killed = [sys.executable, os.path.join(os.path.dirname(os.path.dirname(HERE)), "test", "killed_once.py"), marker]
        check(with_scores(frame, killed + command(), ["score"]), expected, "a scorer killed")
        assert os.path.exists(marker), "nothing was killed"
    try:
        with_scores(frame, command("absent.ubj"), ["score"]).count()
        raise AssertionError("a failing scorer went unnoticed")
    except PythonException as error:
        assert "the scorer ended with 2" in str(error), error
        print("a failing scorer fails the job")
    spark.stop()


if __name__ == "__main__":
    main()
