{#- How models become relations of DuckDB: each in one transaction and by the fewest statements, for what dbt's own
    materializations do beside (backups, renames, grants) costs more than these models do. -#}

{% materialization view, adapter='duckdb' %}
    {%- set existing = load_cached_relation(this) -%}
    {%- set target = this.incorporate(type='view') -%}
    {%- call statement('main') -%}
        {{ drop_statement(existing) if existing and not existing.is_view }}
        create or replace view {{ target }} as (
            {{ sql }}
        );
    {%- endcall -%}
    {%- do adapter.commit() -%}
    {{- return({'relations': [target]}) -}}
{% endmaterialization %}


{% materialization table, adapter='duckdb' %}
    {%- set target = this.incorporate(type='table') -%}
    {%- call statement('main') -%}
        {{ drop_statement(load_cached_relation(this)) }}
        {{ create_table_as(false, target, sql) }}
    {%- endcall -%}
    {%- do adapter.commit() -%}
    {{- return({'relations': [target]}) -}}
{% endmaterialization %}


{#- Everything grained by month: the month built is replaced as a whole, no other is touched. dbt's delete+insert
    deletes only keys that come back: a month that became empty would keep its old rows. A table that an earlier version
    made of other columns is made anew: the month built is in it again at once, and another when it is built. -#}
{% materialization month, adapter='duckdb' %}
    {%- set existing = load_cached_relation(this) -%}
    {%- set target = this.incorporate(type='table') -%}
    {%- set kept = adapter.get_columns_in_relation(existing) | map(attribute='name') | list if existing else [] -%}
    {%- call statement('main') -%}
        {%- if kept | sort == model.columns | sort %}
        {{ get_assert_columns_equivalent(sql) }}
        delete from {{ target }}
        where month_start = {{ built_month_first() }};

        insert into {{ target }} {{ get_column_names() }} (
            {{ get_select_subquery(sql) }}
        );
        {%- else %}
            {{ drop_statement(existing) }}
            {{ create_table_as(false, target, sql) }}
        {%- endif %}
    {%- endcall -%}
    {%- do adapter.commit() -%}
    {{- return({'relations': [target]}) -}}
{% endmaterialization %}


{% macro drop_statement(relation) -%}
    {%- if relation -%} drop {{ relation.type }} {{ relation }}; {%- endif -%}
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


{#- On Spark a build has a catalog of its own, so that a table holds the month that is built and no other. -#}
{% materialization view, adapter='spark' %}
    {%- set target = this.incorporate(type='view') -%}
    {%- call statement('main') -%}
        create or replace view {{ target }} as
        {{ sql }}
    {%- endcall -%}
    {{- return({'relations': [target]}) -}}
{% endmaterialization %}


{% materialization table, adapter='spark' %}
    {{- return(create_parquet_table(sql)) -}}
{% endmaterialization %}


{% materialization month, adapter='spark' %}
    {{- return(create_parquet_table(sql)) -}}
{% endmaterialization %}


{#- The table of a model under its contract: Spark checks no `not null` of a Parquet table by itself. -#}
{% macro create_parquet_table(sql) %}
    {%- set target = this.incorporate(type='table') -%}
    {{- get_assert_columns_equivalent(sql) -}}
    {%- do run_query('drop table if exists ' ~ target) -%}
    {%- call statement('main') -%}
        create table {{ target }} using parquet as
        select
        {%- for column in model.columns.values() %}
            {{ required_column(column) }} as {{ column.name }}{{ "," if not loop.last }}
        {%- endfor %}
        from (
            {{ sql }}
        ) as checked
    {%- endcall -%}
    {{- return({'relations': [target]}) -}}
{% endmacro %}


{% macro required_column(column) -%}
    {%- if 'not_null' in column.constraints | map(attribute='type') | map('string') -%}
        coalesce({{ column.name }}, raise_error('{{ column.name }} is null, and its contract says not null'))
    {%- else -%}
        {{ column.name }}
    {%- endif -%}
{%- endmacro %}


{#- The types of a contract, as a query of no rows. -#}
{% macro spark__get_empty_schema_sql(columns) -%}
    select
    {%- for column in columns.values() %}
        cast(null as {{ spark_type(column.data_type) }}) as {{ column.name }}{{ "," if not loop.last }}
    {%- endfor %}
{%- endmacro %}
