"""Live numbers: pictures drawn while the hand rests, and what they say worked out beside."""
