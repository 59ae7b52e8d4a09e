-- Counts of one day by department; never a case, a name or a number of a person.
-- Parameters: hall, day, day_start (inclusive) and day_end (exclusive), hall time.
SELECT
    :day AS stat_date,
    hall_code,
    department_code,
    NULL AS item_code,
    CASE window_kind
        WHEN '综合' THEN 'comprehensive_window_accepted'
        WHEN '部门' THEN 'department_window_accepted'
        ELSE 'unknown window'
    END AS measure,
    COUNT(*) AS "count"
FROM cases
WHERE hall_code = :hall AND accepted_at >= :day_start AND accepted_at < :day_end
GROUP BY hall_code, department_code, window_kind
UNION ALL
SELECT
    :day AS stat_date,
    hall_code,
    department_code,
    NULL AS item_code,
    'documents_issued' AS measure,
    COUNT(*) AS "count"
FROM documents
WHERE hall_code = :hall AND issued_at >= :day_start AND issued_at < :day_end
GROUP BY hall_code, department_code
