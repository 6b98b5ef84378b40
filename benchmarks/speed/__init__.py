"""How fast servers answer, and how fast they could."""
