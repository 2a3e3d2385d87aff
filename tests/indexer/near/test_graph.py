"""What the graph needs of the process it is loaded into."""

import subprocess
import sys


def test_a_network_can_be_opened_after_the_graph_was_loaded() -> None:
    """As a server does that is asked for a shot's likes, and then for a picture's."""
    program = "import filmdex.indexer.near.graph, filmdex.indexer.network"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
