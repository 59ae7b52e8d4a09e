{#- The incremental strategy of everything grained by month: the month built is replaced as a whole, no other is
    touched. dbt's delete+insert deletes only keys that come back: a month that became empty would keep its old rows. -#}
{% macro get_incremental_replace_month_sql(arg_dict) -%}
    {%- set columns = arg_dict['dest_columns'] | map(attribute='quoted') | join(', ') -%}
    delete from {{ arg_dict['target_relation'] }}
    where month_start = {{ built_month_first() }};

    insert into {{ arg_dict['target_relation'] }} ({{ columns }})
    select {{ columns }}
    from {{ arg_dict['temp_relation'] }};
{%- endmacro %}


{#- A table that an earlier version made of other columns is dropped: the month built is in it again at once, and
    another when it is built. -#}
{% macro drop_outdated_tables() -%}
    {%- set models = graph.nodes.values() if execute else [] -%}
    {%- for model in models if model.unique_id in selected_resources and model.config.materialized == 'incremental' -%}
        {%- set table = adapter.get_relation(model.database, model.schema, model.alias) -%}
        {%- set columns = adapter.get_columns_in_relation(table) | map(attribute='name') | list if table else [] -%}
        {%- if table and columns | sort != model.columns | sort -%}
            {%- do adapter.drop_relation(table) -%}
            {%- do adapter.commit() -%}
        {%- endif -%}
    {%- endfor -%}
{%- endmacro %}


{#- Generic tests of what is grained by month see the month built only: the cost of a month doesn't grow with history.
    A `where` in YAML would do the same, but is fixed when the project is parsed. -#}
{% macro get_where_subquery(relation) -%}
    {%- if relation.identifier == 'dim_date' or relation.identifier.startswith('fct_') -%}
        {%- set month_built = 'select * from ' ~ relation ~ ' where month_start = ' ~ built_month_first() -%}
        {%- do return('(' ~ month_built ~ ') as month_built') -%}
    {%- endif -%}
    {%- do return(relation) -%}
{%- endmacro %}
