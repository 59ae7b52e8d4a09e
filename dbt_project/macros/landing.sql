{#- How landed files become relations. Only these macros know that they are Parquet. -#}

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
        from {{ parquet(source('landing', 'daily_counts'), files, system) }}
        {{ "union all" if not loop.last }}
    {%- else %}
        select
            cast(null as date) as stat_date,
            cast(null as string) as hall_code,
            cast(null as string) as department_code,
            cast(null as string) as item_code,
            cast(null as string) as measure,
            cast(null as bigint) as count,
            cast(null as string) as system
        where false
    {%- endfor %}
    )
{%- endmacro %}


{#- One table of the month's inputs, with the types that its source declares. -#}
{% macro input_table(source) -%}
    {{- parquet(source, [require_inputs() ~ '/' ~ source.identifier ~ '.parquet']) -}}
{%- endmacro %}


{#- Files with the columns of a source, as one relation; `part` tells several relations of a source apart. -#}
{% macro parquet(source, paths, part='all') -%}
    {{- adapter.dispatch('parquet')(source, paths, part) -}}
{%- endmacro %}


{% macro duckdb__parquet(source, paths, part) -%}
    read_parquet([
    {%- for path in paths %}
        {{ dbt.string_literal(dbt.escape_single_quotes(path)) }}{{ "," if not loop.last }}
    {%- endfor %}
    ])
{%- endmacro %}


{#- A table that lies where the files do. Of a path without one Spark would look for the columns at each use. A path may
    be a pattern: /{one,other} names both. What has such characters in its name isn't built on Spark. -#}
{% macro spark__parquet(source, paths, part) -%}
    {%- set table = api.Relation.create(schema=target.schema, identifier=source.identifier ~ '_' ~ part) -%}
    {%- if execute -%}
        {%- set node = graph.sources.values() | selectattr('relation_name', 'equalto', source | string) | first -%}
        {%- set columns = [] -%}
        {%- for column in node.columns.values() -%}
            {%- do columns.append(column.name ~ ' ' ~ spark_type(column.data_type)) -%}
        {%- endfor -%}
        {%- do run_query(
            'create table if not exists ' ~ table ~ ' (' ~ columns | join(', ') ~ ') using parquet options (path '
            ~ spark_literal('/{' ~ paths | map('replace', '/', '', 1) | join(',') ~ '}') ~ ')'
        ) -%}
    {%- endif -%}
    {{- table -}}
{%- endmacro %}


{#- In texts of Spark a backslash begins an escape. -#}
{% macro spark_literal(text) -%}
    '{{ text.replace('\\', '\\\\').replace("'", "\\'") }}'
{%- endmacro %}


{#- What Spark calls a type of the contracts. -#}
{% macro spark_type(data_type) -%}
    {%- set others = {
        'varchar': 'string', 'varchar[]': 'array<string>', 'timestamp with time zone': 'timestamp'
    } -%}
    {{- others.get(data_type, data_type) -}}
{%- endmacro %}
