"""Monitoring: score, freeze, estimate, realise, measure drift, and let the policy speak.

Importing this package imports neither pandas nor NannyML; running `monitor_snapshot` does.
"""

from coldframe.monitor.inputs import monitor_inputs
from coldframe.monitor.policy import Champion, ChunkFigure, History, Judgement, judge
from coldframe.monitor.report import MonitorReport
from coldframe.monitor.stage import monitor_snapshot

__all__ = [
    "Champion",
    "ChunkFigure",
    "History",
    "Judgement",
    "MonitorReport",
    "judge",
    "monitor_inputs",
    "monitor_snapshot",
]
