"""The networks: one architecture per file, all under the protocol of ``protocol.py``.

The package itself imports nothing, so that ``generators.info`` can be read without torch.
"""
