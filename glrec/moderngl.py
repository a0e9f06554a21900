"""What `glrec_integrations.moderngl` is."""

from glrec_integrations.moderngl import LoopRecorder, OfflineFrame, StepTimer, attach, record, recorded

__all__ = ["LoopRecorder", "OfflineFrame", "StepTimer", "attach", "record", "recorded"]
