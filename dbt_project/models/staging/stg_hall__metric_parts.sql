select
    metric,
    version,
    part
from {{ landing_document(source('hall', 'metric_parts').identifier, {
    'metric': 'varchar',
    'version': 'integer',
    'part': 'varchar',
}) }}
