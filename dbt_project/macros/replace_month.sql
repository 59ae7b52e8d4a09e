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


{#- Generic tests of what is grained by month see the month built only: the cost of a month doesn't grow with history.
    A `where` in YAML would do the same, but is fixed when the project is parsed. -#}
{% macro get_where_subquery(relation) -%}
    {%- if relation.identifier == 'dim_date' or relation.identifier.startswith('fct_') -%}
        {%- set month_built = 'select * from ' ~ relation ~ ' where month_start = ' ~ built_month_first() -%}
        {%- do return('(' ~ month_built ~ ') as month_built') -%}
    {%- endif -%}
    {%- do return(relation) -%}
{%- endmacro %}
