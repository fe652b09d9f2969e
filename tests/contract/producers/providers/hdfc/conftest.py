"""One server of the sandbox's HDFC for the tests of a module."""

from collections.abc import Iterator

import pytest

from producers.sandbox.providers import hdfc as sandbox
from tests.contract.producers.providers.hdfc.staged_bank import NOW, Sandbox, Stage
from tests.fixtures.bank_statements import serving


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sandbox]:
    directory, stage = tmp_path_factory.mktemp("hdfc"), Stage()
    credentials = sandbox.generate_credentials(directory)
    with serving(sandbox.routes(stage, lambda: NOW, credentials), prefix="/hdfc") as url:
        yield Sandbox(url, directory, credentials, stage)
