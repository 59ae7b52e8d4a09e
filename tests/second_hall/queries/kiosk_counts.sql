-- Counts of one day by hall, department and item; parameters: :day, :halls, :day_start, :day_end.
SELECT
    CAST(:day AS text) AS stat_date,
    hall_code,
    department_code,
    item_code,
    measure,
    COUNT(*) AS "count"
FROM events
WHERE hall_code IN :halls AND happened_at >= :day_start AND happened_at < :day_end
GROUP BY hall_code, department_code, item_code, measure
