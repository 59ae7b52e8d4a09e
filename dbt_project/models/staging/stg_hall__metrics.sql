select
    metric,
    version,
    metric_name,
    definition,
    event_counted,
    deduplication_key,
    overlaps_with,
    unit,
    display_unit,
    display_divisor,
    display_decimals,
    rounding,
    valid_from,
    valid_to
from {{ input_table(source('hall', 'metrics')) }}
