"""Controls drawn for this house: each takes values and reports the hand, and holds no state."""
