select
    hall_code,
    hall_name,
    hall_level
from {{ landing_document(source('hall', 'sites').identifier, {
    'hall_code': 'varchar',
    'hall_name': 'varchar',
    'hall_level': 'varchar',
}) }}
