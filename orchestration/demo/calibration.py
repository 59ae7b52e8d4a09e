"""The calibration table of the demo hall: the exact values of March 2025 (reference/statistics-section.md).

The one place in code that knows these numbers. Every other month varies around these levels.
"""

from collections.abc import Mapping

CALIBRATED_MONTH = "2025-03"

# Events in the month, by measure.
CALIBRATION: Mapping[str, int] = {
    "online_accepted": 54213,
    "online_completed": 51187,
    "department_window_accepted": 1594,
    "comprehensive_window_accepted": 206,
    "documents_issued": 2317,
    "parcels_mailed": 893,
    "phone_consultations": 1187,
    "onsite_consultations": 5515,
}
