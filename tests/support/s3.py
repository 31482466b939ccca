"""An S3-compatible server (moto) with one bucket. It denies, throttles or breaks off requests where a test says so."""

from __future__ import annotations

import json
import socket
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

import boto3
from botocore.config import Config
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app
from werkzeug.serving import WSGIRequestHandler, make_server

BUCKET = "archive"
CONN_ID = "s3_of_the_tests"
BLOCK = 5 << 20
"""The size of the parts of an upload in these tests: the smallest that S3 allows."""

StartResponse = Callable[[str, list[tuple[str, str]]], Any]


@dataclass
class S3:
    """The server, and the faults of its next requests.

    :param url: Its address.
    :param denied: The operations that the bucket's policy denies, such as ``DeleteObject``.
    :param throttled: How many of the next requests get ``503 SlowDown``.
    :param broken: How many of the next requests with a body are broken off in its middle, by operation.
    :param on_request: Called with each operation before it is executed.
    :param requests: The operations so far, in order.
    """

    url: str = ""
    denied: set[str] = field(default_factory=set)
    throttled: int = 0
    broken: Counter[str] = field(default_factory=Counter)
    on_request: Callable[[str], object] | None = None
    requests: list[str] = field(default_factory=list)

    @property
    def client(self) -> Any:
        """A client with every right, whose requests are not recorded."""
        options = {"aws_access_key_id": "owner", "aws_secret_access_key": "owner", "region_name": "us-east-1"}
        config = Config(user_agent_extra="owner", retries={"max_attempts": 1})
        return boto3.client("s3", endpoint_url=self.url, config=config, **options)

    @property
    def connection(self) -> str:
        """The connection of Airflow to this server."""
        extra = {"endpoint_url": self.url, "region_name": "us-east-1"}
        return json.dumps({"conn_type": "aws", "login": "worker", "password": "of-the-tests", "extra": extra})

    def keys(self) -> list[str]:
        """Return the names of all objects."""
        return [each["Key"] for each in self.client.list_objects_v2(Bucket=BUCKET).get("Contents", [])]

    def read(self, key: str) -> bytes:
        """Return the content of an object."""
        content: bytes = self.client.get_object(Bucket=BUCKET, Key=key)["Body"].read()
        return content

    def uploads(self) -> list[str]:
        """Return the names of the objects with an unfinished upload."""
        return [each["Key"] for each in self.client.list_multipart_uploads(Bucket=BUCKET).get("Uploads", [])]

    def reset(self) -> None:
        """Delete everything, create the bucket, and forget faults and requests."""
        self.denied, self.throttled, self.broken, self.on_request = set(), 0, Counter(), None
        client = self.client
        for bucket in client.list_buckets()["Buckets"]:
            for each in client.list_multipart_uploads(Bucket=bucket["Name"]).get("Uploads", []):
                client.abort_multipart_upload(Bucket=bucket["Name"], Key=each["Key"], UploadId=each["UploadId"])
            for each in client.list_objects_v2(Bucket=bucket["Name"]).get("Contents", []):
                client.delete_object(Bucket=bucket["Name"], Key=each["Key"])
            client.delete_bucket(Bucket=bucket["Name"])
        client.create_bucket(Bucket=BUCKET)
        self.requests.clear()

    def respond(self, app: Any, environ: dict[str, Any], start: StartResponse) -> Iterable[bytes]:
        """Respond to a request, or do with it what a test said."""
        if "owner" in environ.get("HTTP_USER_AGENT", ""):
            return app(environ, start)
        name = operation(environ)
        self.requests.append(name)
        if self.on_request is not None:
            self.on_request(name)
        if name in self.denied:
            return _error(environ, start, "403 Forbidden", "AccessDenied")
        if self.throttled:
            self.throttled -= 1
            return _error(environ, start, "503 Slow Down", "SlowDown")
        if self.broken[name]:
            self.broken[name] -= 1
            environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]) // 2)  # a read of more than was sent never ends
            environ["werkzeug.socket"].shutdown(socket.SHUT_RDWR)
            return []
        return app(environ, start)


def operation(environ: dict[str, Any]) -> str:
    """Return the name that S3 has for the operation that a request asks for."""
    method, query = environ["REQUEST_METHOD"], parse_qs(environ["QUERY_STRING"], keep_blank_values=True)
    kind = "Object" if len(environ["PATH_INFO"].strip("/").split("/", 1)) == 2 else "Bucket"
    names = {
        "PUT": f"Put{kind}",
        "POST": "DeleteObjects" if "delete" in query else "CompleteMultipartUpload",
        "DELETE": "AbortMultipartUpload" if "uploadId" in query else f"Delete{kind}",
        "HEAD": f"Head{kind}",
        "GET": "GetObject" if kind == "Object" else "ListObjects",
    }
    if "partNumber" in query:
        return "UploadPart"
    if "HTTP_X_AMZ_COPY_SOURCE" in environ:
        return "CopyObject"
    return "CreateMultipartUpload" if "uploads" in query and method == "POST" else names[method]


class _Quiet(WSGIRequestHandler):
    def log(self, *_: Any) -> None:
        """Log nothing."""


@contextmanager
def s3_server() -> Iterator[S3]:
    """Serve S3 on a free port."""
    s3, app = S3(), DomainDispatcherApplication(create_backend_app)
    server = make_server(
        "127.0.0.1", 0, lambda environ, start: s3.respond(app, environ, start), threaded=True, request_handler=_Quiet
    )
    s3.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield s3
    server.shutdown()
    server.server_close()
    thread.join()


def _error(environ: dict[str, Any], start: StartResponse, status: str, code: str) -> list[bytes]:
    environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    body = f"<Error><Code>{code}</Code><Message>{code}</Message></Error>".encode()
    start(status, [("Content-Type", "application/xml"), ("Content-Length", str(len(body)))])
    return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]
