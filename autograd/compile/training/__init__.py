"""Trainings as native code: whole epochs in one loop, or a batch at a time."""
