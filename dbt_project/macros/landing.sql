{#- How landed files become relations. Only these two macros know that they are Parquet, read by DuckDB. -#}

{#- The current extracts of all hall systems, as a relation of daily counts and the `system` that answered each; typed
    and empty when none is in. A join that said which system it was would cost more than all sums of the rows. -#}
{% macro landing_extracts() -%}
    {%- set paths = {} -%}
    {%- if execute -%}
        {%- set listed -%}
            select
                system,
                path
            from {{ input_table(source('landing', 'extracts')) }}
            order by
                system,
                path
        {%- endset -%}
        {%- for row in run_query(listed) -%}
            {%- do paths.setdefault(row['system'], []).append(row['path']) -%}
        {%- endfor -%}
    {%- endif -%}
    (
    {%- for system, files in paths.items() %}
        select
            stat_date,
            hall_code,
            department_code,
            item_code,
            measure,
            count,
            {{ dbt.string_literal(dbt.escape_single_quotes(system)) }} as system
        from read_parquet([
        {%- for path in files %}
            {{ dbt.string_literal(dbt.escape_single_quotes(path)) }}{{ "," if not loop.last }}
        {%- endfor %}
        ])
        {{ "union all" if not loop.last }}
    {%- else %}
        select
            cast(null as date) as stat_date,
            cast(null as varchar) as hall_code,
            cast(null as varchar) as department_code,
            cast(null as varchar) as item_code,
            cast(null as varchar) as measure,
            cast(null as bigint) as count,
            cast(null as varchar) as system
        where false
    {%- endfor %}
    )
{%- endmacro %}


{#- One table of the month's inputs, with the types that its source declares. -#}
{% macro input_table(source) -%}
    {%- set path = dbt.escape_single_quotes(require_inputs() ~ '/' ~ source.identifier ~ '.parquet') -%}
    read_parquet({{ dbt.string_literal(path) }})
{%- endmacro %}
