"""Live numbers in the window: from the engine's measuring to readouts, curves and a history."""
