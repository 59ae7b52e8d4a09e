select
    metric,
    version,
    measure
from {{ landing_document(source('hall', 'metric_measures').identifier, {
    'metric': 'varchar',
    'version': 'integer',
    'measure': 'varchar',
}) }}
