"""tables_data.py CSV PARQUET: the Parquet file of a CSV, float32, as pyarrow writes it; tables_data.py --bits FILE OUT: its scores as raw float32."""

import sys

import numpy
import pandas
import pyarrow
import pyarrow.csv
import pyarrow.parquet

if sys.argv[1] == "--bits":
    path, out = sys.argv[2:]
    table = pandas.read_parquet(path) if path.endswith(".parquet") else pandas.read_csv(path, float_precision="round_trip")
    table["score"].to_numpy(numpy.float32).tofile(out)
else:
    source, target = sys.argv[1:]
    # Batch by batch: the whole table would not fit into a small machine.
    with pyarrow.csv.open_csv(source) as reader:
        names = reader.schema.names
        schema = pyarrow.schema([(name, pyarrow.float32()) for name in names])
        with pyarrow.parquet.ParquetWriter(target, schema) as writer:
            rest = []
            rows = 0
            for batch in reader:
                rest.append(pyarrow.Table.from_batches([batch]).cast(schema))
                rows += batch.num_rows
                if rows >= 100_000:
                    writer.write_table(pyarrow.concat_tables(rest), row_group_size=rows)
                    rest, rows = [], 0
            if rest:
                writer.write_table(pyarrow.concat_tables(rest))
