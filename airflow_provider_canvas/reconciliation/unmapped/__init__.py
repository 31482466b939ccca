"""What a course contains beside the eight types of Canvas's mapping, compared by name and content.

Canvas copies rubrics, assignment groups, outcomes, calendar events, external tools, the syllabus and settings too, but
its ``asset_id_mapping`` does not say what became of them. So they are paired by their names, and where names are not
unique, or were changed, by their content:

    rows = compare_unmapped(source_listings, destination_listings, copied_settings=True, selected=None)

A listing that is absent on either side could not be read: nothing is said about its type. Question banks have no REST
API, so they are not compared; Canvas's own validation of links reads them.
"""

from __future__ import annotations

from airflow_provider_canvas.reconciliation.unmapped.compare import LISTINGS, compare_unmapped
from airflow_provider_canvas.reconciliation.unmapped.new_quizzes import NEW_QUIZ_LISTINGS, with_new_quizzes

__all__ = ["LISTINGS", "NEW_QUIZ_LISTINGS", "compare_unmapped", "with_new_quizzes"]
