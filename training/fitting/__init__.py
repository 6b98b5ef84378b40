"""What trainings share: their folder, first weights, losses and curves."""
