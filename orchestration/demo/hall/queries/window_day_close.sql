-- The window system's own closing record of the day: it stands when the day is complete, and declares the totals.
SELECT
    comprehensive_window_accepted,
    department_window_accepted,
    documents_issued
FROM day_close
WHERE hall_code = :hall AND stat_date = :day
