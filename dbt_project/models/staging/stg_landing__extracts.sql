select
    system,
    stat_date,
    state,
    path,
    sha256,
    content_sha256,
    row_count,
    count_sum,
    landed_at,
    halls
from {{ landing_document(source('landing', 'extracts').identifier, {
    'system': 'varchar',
    'stat_date': 'date',
    'state': 'varchar',
    'path': 'varchar',
    'sha256': 'varchar',
    'content_sha256': 'varchar',
    'row_count': 'bigint',
    'count_sum': 'bigint',
    'landed_at': 'timestamp with time zone',
    'halls': 'varchar[]',
}) }}
