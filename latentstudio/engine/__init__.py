"""Recipe to frame: device and precision, caches, the latest-wins mailbox. No Qt.

The package itself imports nothing: the GUI imports ``engine.frame`` and ``engine.engine`` before
torch is in.
"""
