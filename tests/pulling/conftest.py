"""S3 as moto speaks it, and PostgreSQL, for the time of a test session."""

import logging
from dataclasses import dataclass
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


@dataclass(frozen=True)
class S3Environment:
    """Variables of the environment that say where the server is."""

    variables: dict[str, str]

    def set(self, patch: pytest.MonkeyPatch) -> None:
        for name, value in self.variables.items():
            patch.setenv(name, value)


@pytest.fixture(scope="session")
def s3_environment(s3_server):
    return S3Environment({
        "AWS_ENDPOINT_URL": s3_server, "AWS_ACCESS_KEY_ID": "test", "AWS_REGION": "us-east-1",
        "AWS_SECRET_ACCESS_KEY": "test", "AWS_EC2_METADATA_DISABLED": "true",
    })  # fmt: skip


@pytest.fixture(scope="session")
def new_bucket(s3_environment):
    """Return a function; each call makes an empty bucket."""
    import boto3

    with pytest.MonkeyPatch.context() as patch:
        s3_environment.set(patch)
        resource = boto3.resource("s3", region_name="us-east-1")

    def new_bucket():
        made = resource.Bucket(f"orders-{uuid4().hex[:12]}")
        made.create()
        return made

    return new_bucket


@pytest.fixture
def bucket(s3_environment, new_bucket, monkeypatch):
    """Return an empty bucket; the environment says where it is."""
    s3_environment.set(monkeypatch)
    return new_bucket()
