"""Scores a table of chdb, ClickHouse inside Python; a scorer is killed in the middle. Run by packages/cli/test/slow/recipes.test.ts."""
import os
import shlex
import sys
import tempfile

import numpy as np

HERE = os.path.dirname(os.path.abspath(__file__))
EXAMPLES = os.path.dirname(os.path.dirname(HERE))
sys.path[:0] = [os.path.dirname(HERE), os.path.join(EXAMPLES, "test")]

import chdb  # noqa: E402
from rows import COMMAND, MODEL, certified, same_bits  # noqa: E402
from score import ScoringError, score_table  # noqa: E402

TIMES = 400


def command(model=MODEL):
    return ["node", COMMAND, "predict", "--model", model, "--data", "-", "--format", "arrows", "--output-format", "arrows", "--keep", "id", "--workers", "0", "--quiet"]


def script(folder, name, words):
    path = os.path.join(folder, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write("#!/bin/sh\nexec %s\n" % " ".join(shlex.quote(word) for word in words))
    os.chmod(path, 0o755)
    return name


def main():
    names, rows, values = certified()
    data = np.tile(rows, (TIMES, 1))
    expected = np.tile(values, TIMES)
    with tempfile.TemporaryDirectory() as folder:
        connection = chdb.connect(":memory:?user_scripts_path=" + folder)
        query = lambda sql: str(connection.query(sql, "TSV"))
        table = os.path.join(folder, "rows.npy")
        np.concatenate([np.arange(len(data))[:, None], data], axis=1).astype("<f8").tofile(table)
        query("CREATE TABLE rows (%s) ENGINE = MergeTree ORDER BY id" % ", ".join(["id Int64"] + ["`%s` Float32" % name for name in names]))
        parsed = ", ".join("reinterpretAsFloat64(substring(row, %d, 8)) AS c%d" % (8 * place + 1, place) for place in range(len(names) + 1))
        chosen = ", ".join(["toInt64(c0)"] + ["toFloat32(c%d)" % (place + 1) for place in range(len(names))])
        query("INSERT INTO rows SELECT %s FROM (SELECT %s FROM file('%s', 'RowBinary', 'row FixedString(%d)'))" % (chosen, parsed, table, 8 * (len(names) + 1)))

        def check(what):
            connection.query("SELECT id, score FROM scores ORDER BY id", "TSV")
            answer = bytes(connection.query("SELECT id, score FROM scores ORDER BY id", "RowBinary").bytes())
            found = np.frombuffer(answer, dtype=[("id", "<i8"), ("score", "<f4")])
            assert np.array_equal(found["id"], np.arange(len(data))), "%s: not every row once" % what
            assert same_bits(found["score"], expected), "%s: other bits" % what
            print("%s: %d rows, each once, with XGBoost's bits" % (what, len(found)))

        assert score_table(query, "rows", "scores", script(folder, "score.sh", command()), names) == []
        check("scored")
        query("DROP TABLE scores SYNC")
        marker = os.path.join(folder, "killed")
        killed = [sys.executable, os.path.join(EXAMPLES, "test", "killed_once.py"), marker]
        failures = score_table(query, "rows", "scores", script(folder, "killed.sh", killed + command()), names)
        assert len(failures) == 1 and os.path.exists(marker), failures
        check("a scorer killed, the table made anew")
        try:
            score_table(query, "rows", "scores", script(folder, "failing.sh", command("absent.ubj")), names, attempts=2)
            raise AssertionError("a failing scorer went unnoticed")
        except ScoringError as error:
            print("a failing scorer is an error:", str(error)[:90])
        check("the table from before")
        connection.close()


if __name__ == "__main__":
    main()
