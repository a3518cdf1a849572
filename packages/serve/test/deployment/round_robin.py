"""round_robin.py TARGET METHOD SERVICE_CONFIG REQUEST: calls servers over DNS with round_robin, while the test takes one away and brings it back."""

import sys
import threading
import time

import grpc

target, method, service_config, request = sys.argv[1:]
channel = grpc.insecure_channel(
    target,
    options=[
        ("grpc.service_config", service_config),
        ("grpc.dns_min_time_between_resolutions_ms", 200),
        ("grpc.initial_reconnect_backoff_ms", 100),
        ("grpc.enable_http_proxy", 0),
    ],
)
call = channel.unary_unary(method, request_serializer=bytes, response_deserializer=bytes)
payload = bytes.fromhex(request)
lock = threading.Lock()
seen = {}
failed = []
going = True


def work():
    while going:
        try:
            _, state = call.with_call(payload, timeout=3)
            version = dict(state.initial_metadata())["x-model-version"]
            with lock:
                seen[version] = seen.get(version, 0) + 1
        except grpc.RpcError as error:
            failed.append(f"{error.code()}: {error.details()}")


def wait_for(*versions):
    with lock:
        seen.clear()
    end = time.monotonic() + 20
    while not all(seen.get(version, 0) >= 20 for version in versions):
        if time.monotonic() > end:
            sys.exit(f"not so: {versions}, found {seen}, failed {failed[:3]}")
        time.sleep(0.02)
    return dict(seen)


workers = [threading.Thread(target=work) for _ in range(4)]
for worker in workers:
    worker.start()
try:
    wait_for("2", "3", "4")
    print("all three", flush=True)
    sys.stdin.readline()
    found = wait_for("2", "4")
    if "3" in found:
        sys.exit(f"a server that has gone has answered: {found}")
    print("two are left", flush=True)
    sys.stdin.readline()
    wait_for("2", "3", "4")
finally:
    going = False
    for worker in workers:
        worker.join()
if failed:
    print(failed[:5])
print(f"ok, {len(failed)} failed")
