"""What the person has in hand: recipe, history, session, gallery. No Qt, no torch."""
