"""Files to generators and back: own format, and a catalogue of what is bundled.

The package itself imports nothing, so that headers can be read without torch.
"""
