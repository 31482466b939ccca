"""Two courses, one of them a copy of the other, with planted changes and the truth about each.

A reconciliation of the two must find that truth. ``changes.plant`` prepares the source, lets the caller copy it,
carries the changes out, and returns the facts. The changes are those that were tried on a real Canvas.
"""
