select
    stock,
    inflow,
    outflow
from {{ landing_document(source('hall', 'stock_balances').identifier, {
    'stock': 'varchar',
    'inflow': 'varchar',
    'outflow': 'varchar',
}) }}
