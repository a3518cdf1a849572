"""Scores a Spark DataFrame with the command xgboost-infer, as a filter per partition: Arrow record batches to its standard input, scores
from its standard output. See README.md."""
import subprocess
import threading

import pyarrow as pa


class ScorerError(RuntimeError):
    """The scorer failed, or did not score every row. Spark then runs the whole task again."""


def with_scores(frame, command, scores, keep=("id",)):
    """
    The columns `keep` of a DataFrame, and its scores.

    command  the filter and its arguments, such as ["xgboost-infer", "predict", "--model", "model.ubj", "--data", "-", "--format", "arrows",
             "--output-format", "arrows", "--keep", "id"]; it must keep the columns `keep`
    scores   names of the columns of scores, such as ["score"]
    """
    types = dict(frame.dtypes)
    schema = ", ".join(["`%s` %s" % (name, types[name]) for name in keep] + ["`%s` float" % name for name in scores])
    names = list(keep) + list(scores)
    return frame.mapInArrow(lambda batches: filtered(batches, command, names), schema)


def filtered(batches, command, names):
    """Record batches through the filter, in order. Nothing is held but what is under way."""
    batches = iter(batches)
    first = next(batches, None)
    if first is None:
        return
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    sent, complaints = Sender(process, first, batches), []
    # Three pipes, each with a thread of its own or this one: with fewer, a full one would stop all.
    listener = threading.Thread(target=lambda: complaints.append(process.stderr.read()), daemon=True)
    sent.start()
    listener.start()
    received = 0
    try:
        try:
            for batch in pa.ipc.open_stream(process.stdout):
                received += batch.num_rows
                yield batch.select(names)
        except (pa.ArrowInvalid, OSError) as error:  # the stream broke off: the exit status says more
            if process.wait() == 0:
                raise ScorerError("the scorer's output is no Arrow stream: %s" % error)
        if process.wait() != 0:  # the sender may still wait for rows, which nobody needs any more
            listener.join()
            message = b"".join(complaints).decode("utf-8", "replace").strip()[-2000:]
            raise ScorerError("the scorer ended with %d: %s" % (process.returncode, message))
        sent.join()
        if sent.error is not None:
            raise sent.error
        if received != sent.rows:
            raise ScorerError("the scorer was given %d rows and gave %d" % (sent.rows, received))
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


class Sender(threading.Thread):
    """Writes record batches to the filter while its answers are read."""

    def __init__(self, process, first, others):
        super().__init__(daemon=True)
        self.process, self.first, self.others = process, first, others
        self.rows, self.error = 0, None

    def run(self):
        try:
            with self.process.stdin, pa.ipc.new_stream(self.process.stdin, self.first.schema) as writer:
                writer.write_batch(self.first)
                self.rows = self.first.num_rows
                for batch in self.others:
                    writer.write_batch(batch)
                    self.rows += batch.num_rows
        except Exception as error:  # also errors of the rows' source, which the task must not lose
            self.error = error
