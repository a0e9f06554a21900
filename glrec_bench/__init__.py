"""The benchmark behind `glrec bench` and `make bench`: recorders side by side, on the machine at hand, in one run.

A measured recorder runs in a process of its own, in an environment that all recorders share (`environment.py`). What runs
there (`subject.py`, `scene.py`, `recorders/`) imports nothing of glrec unless glrec is what is measured, so that no other
recorder pays for it. Everything else runs beside it and only looks on.
"""
