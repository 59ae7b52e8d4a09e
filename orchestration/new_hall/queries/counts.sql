-- Counts of one day by department; never a case, a name or a number of a person.
-- Parameters: :day, :hall (or :halls, for all at once), :day_start (inclusive) and :day_end (exclusive).
SELECT
    :day AS stat_date,
    hall_code,
    department_code,
    NULL AS item_code,
    'cases_accepted' AS measure,
    COUNT(*) AS "count"
FROM cases
WHERE hall_code = :hall AND accepted_at >= :day_start AND accepted_at < :day_end
GROUP BY hall_code, department_code
