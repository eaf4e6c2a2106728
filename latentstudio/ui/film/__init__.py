"""The film window: size, rate, format, progress."""
