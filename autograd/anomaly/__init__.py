"""Finding where a nan or an infinity began: `detect_anomaly`, and a program that repeats it."""

from autograd.anomaly.detection import AnomalyError, detect_anomaly
from autograd.anomaly.reproducer import advice, reproducer

__all__ = ["AnomalyError", "advice", "detect_anomaly", "reproducer"]
