"""S3 as moto speaks it, and PostgreSQL, for the time of a test session."""

import logging
from uuid import uuid4

import pytest
from postgres import fresh_postgres, postgres_server

__all__ = ["fresh_postgres", "postgres_server"]  # fixtures, found by their names


@pytest.fixture(scope="session")
def s3_server():
    """Address of a server that speaks S3, on this machine's loopback only."""
    from moto.server import ThreadedMotoServer

    logging.getLogger("werkzeug").setLevel(logging.ERROR)
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(s3_server, monkeypatch):
    """Return an empty bucket; the environment says where it is."""
    import boto3

    for name, value in {
        "AWS_ENDPOINT_URL": s3_server, "AWS_ACCESS_KEY_ID": "test", "AWS_REGION": "us-east-1",
        "AWS_SECRET_ACCESS_KEY": "test", "AWS_EC2_METADATA_DISABLED": "true",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    made = boto3.resource("s3", region_name="us-east-1").Bucket(f"orders-{uuid4().hex[:12]}")
    made.create()
    return made
