-- The system's own closing record of the day: it stands when the day is complete, and declares the totals.
SELECT cases_accepted
FROM day_close
WHERE hall_code = :hall AND stat_date = :day
