MODEL (
  name facts.monthly_metrics,
  kind FULL,
  grain (hall_code, metric),
  audits (
    NOT_NULL(columns := (hall_code, metric, value)),
    UNIQUE_COMBINATION_OF_COLUMNS(columns := (hall_code, metric))
  )
);

SELECT
  hall_code::TEXT,
  measure::TEXT AS metric,
  SUM(value)::BIGINT AS value
FROM facts.monthly_counts
WHERE
  NOT STARTS_WITH(measure, 'ratings_')
GROUP BY
  hall_code,
  measure
UNION ALL
SELECT
  hall_code::TEXT,
  'items_handled' AS metric,
  SUM(value)::BIGINT AS value
FROM facts.monthly_counts
WHERE
  measure IN ('online_accepted', 'department_window_accepted', 'comprehensive_window_accepted')
GROUP BY
  hall_code
UNION ALL
SELECT
  hall_code::TEXT,
  'ratings_all' AS metric,
  SUM(value)::BIGINT AS value
FROM facts.monthly_counts
WHERE
  STARTS_WITH(measure, 'ratings_')
GROUP BY
  hall_code
UNION ALL
SELECT
  hall_code::TEXT,
  'ratings_content' AS metric,
  SUM(value)::BIGINT AS value
FROM facts.monthly_counts
WHERE
  measure IN ('ratings_very_satisfied', 'ratings_satisfied', 'ratings_fair')
GROUP BY
  hall_code
