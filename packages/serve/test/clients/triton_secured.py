"""tritonclient over HTTP and gRPC, with TLS, a certificate of its own and a token."""

import os
import ssl

import tritonclient.grpc as grpc
import tritonclient.http as http
from common import GRPC_PORT, MODEL, PORT, ROWS, check
from tritonclient.utils import InferenceServerException

AUTHORITY, CERTIFICATE, KEY, TOKEN = (os.environ[name] for name in ("AUTHORITY", "CERTIFICATE", "KEY", "TOKEN"))
HEADERS = {"authorization": f"Bearer {TOKEN}"}


def rows(module):
    tensor = module.InferInput("rows", list(ROWS.shape), "FP32")
    tensor.set_data_from_numpy(ROWS)
    return [tensor]


def context():
    made = ssl.create_default_context(cafile=AUTHORITY)
    made.load_cert_chain(CERTIFICATE, KEY)
    return made


clients = {
    http: http.InferenceServerClient(f"localhost:{PORT}", ssl=True, ssl_context_factory=context),
    grpc: grpc.InferenceServerClient(
        f"localhost:{GRPC_PORT}", ssl=True, root_certificates=AUTHORITY, private_key=KEY, certificate_chain=CERTIFICATE
    ),
}
for module, client in clients.items():
    assert client.is_server_live() and client.is_server_ready()
    check(module.__name__, client.infer(MODEL, rows(module), headers=dict(HEADERS)).as_numpy("predict"))
    for headers in (None, {"authorization": "Bearer another"}):
        try:
            client.infer(MODEL, rows(module), headers=headers)
            raise AssertionError("scored without the token")
        except InferenceServerException as error:
            assert "token" in error.message(), error
    print(f"ok {module.__name__} without the token")
