"""MLflow's client of scoring servers."""

import pandas
from common import NAMES, PORT, ROWS, check
from mlflow.pyfunc.scoring_server.client import ScoringServerClient

client = ScoringServerClient("127.0.0.1", PORT)
client.ping()
assert client.get_version()
answer = client.invoke(pandas.DataFrame(ROWS, columns=NAMES))
check("dataframe_split", answer.get_predictions().to_numpy())
