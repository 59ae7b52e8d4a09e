{#- How landed files become relations. Only these two macros know that they are Parquet, read by DuckDB. -#}

{#- The current extracts of all hall systems, as a relation of daily counts and the `path` of each; typed and empty when
    none is in. -#}
{% macro landing_extracts() -%}
    {%- set paths = [] -%}
    {%- if execute -%}
        {%- set listed -%}
            select path
            from {{ input_table(source('landing', 'extracts')) }}
            order by path
        {%- endset -%}
        {%- do paths.extend(run_query(listed).columns['path'].values()) -%}
    {%- endif -%}
    {%- if paths -%}
        read_parquet([
        {%- for path in paths %}
            {{ dbt.string_literal(dbt.escape_single_quotes(path)) }}{{ "," if not loop.last }}
        {%- endfor %}
        ], filename = 'path')
    {%- else -%}
        (
            select
                cast(null as date) as stat_date,
                cast(null as varchar) as hall_code,
                cast(null as varchar) as department_code,
                cast(null as varchar) as item_code,
                cast(null as varchar) as measure,
                cast(null as bigint) as count,
                cast(null as varchar) as path
            where false
        )
    {%- endif -%}
{%- endmacro %}


{#- One table of the month's inputs, with the types that its source declares. -#}
{% macro input_table(source) -%}
    {%- set path = dbt.escape_single_quotes(require_inputs() ~ '/' ~ source.identifier ~ '.parquet') -%}
    read_parquet({{ dbt.string_literal(path) }})
{%- endmacro %}
