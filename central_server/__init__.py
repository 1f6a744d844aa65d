"""The central server of Trạm Xanh: receives what happened at the stations, and tells them what they should know.

The contract with the stations is `docs/protocol.md`; no code is shared with them.
"""

__version__ = "0.1.0"
