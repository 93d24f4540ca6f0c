"""The fence holds: a unit test cannot reach processes, the network or the environment."""

import os
import socket
import subprocess
import urllib.request

import pytest


def test_no_process():
    with pytest.raises(AssertionError, match="a unit test may not do this"):
        subprocess.run(["true"], check=False)
    with pytest.raises(AssertionError, match="a unit test may not do this"):
        os.system("true")


def test_no_network():
    with pytest.raises(AssertionError, match="a unit test may not do this"):
        urllib.request.urlopen("http://127.0.0.1:9/")
    with socket.socket() as found, pytest.raises(AssertionError, match="a unit test may not do this"):
        found.connect(("127.0.0.1", 9))
