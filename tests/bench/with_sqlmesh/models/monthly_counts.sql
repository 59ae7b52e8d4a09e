MODEL (
  name facts.monthly_counts,
  kind FULL,
  grain (hall_code, department_code, measure),
  audits (
    NOT_NULL(columns := (hall_code, department_code, measure, value)),
    UNIQUE_COMBINATION_OF_COLUMNS(columns := (hall_code, department_code, measure)),
    ACCEPTED_RANGE(column := value, min_v := 0)
  )
);

SELECT
  hall_code::TEXT,
  department_code::TEXT,
  measure::TEXT,
  SUM(count)::BIGINT AS value
FROM READ_PARQUET(@VAR('extracts'))
WHERE
  measure <> 'online_open'
GROUP BY
  hall_code,
  department_code,
  measure
