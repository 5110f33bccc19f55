"""Our viewer beside Cornerstone3D and the library-free floor page, in the reference folder's
harness: the same 200-slice CT, the same Chromium, directly and over 20 Mbit/s with 40 ms.

The harness and its peers are installed under var/bench-peers, never in the product's environment.
Our series comes in through the C-STORE door of a running product.
"""

from bench.viewer.measure import run

__all__ = ["run"]
