"""The subjects of a term, and how many sections they have."""

from __future__ import annotations

SUBJECTS = {
    "BIOL": "Biology",
    "CHEM": "Chemistry",
    "ECON": "Economics",
    "ENGL": "English",
    "HIST": "History",
    "MATH": "Mathematics",
    "MUSC": "Music",
    "NURS": "Nursing",
    "PHIL": "Philosophy",
    "PHYS": "Physics",
    "PSYC": "Psychology",
    "STAT": "Statistics",
}
"""Code to name; each has an account, a template and twenty sections."""

SECTIONS = 20
SHELLS = len(SUBJECTS) * SECTIONS
"""How many shells a term has by default."""
