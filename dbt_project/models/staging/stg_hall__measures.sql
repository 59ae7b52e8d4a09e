select
    measure,
    measure_name,
    event_counted,
    aggregation
from {{ landing_document(source('hall', 'measures').identifier, {
    'measure': 'varchar',
    'measure_name': 'varchar',
    'event_counted': 'varchar',
    'aggregation': 'varchar',
}) }}
