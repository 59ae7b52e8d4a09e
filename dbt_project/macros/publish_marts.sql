{#- Write, audit, publish: the month's slice of every mart goes to the folder `publish_to` as Parquet, ordered by key,
    only after an invocation that built every mart, ran every data test and saw nothing fail. The caller renames the
    folder into place, so that readers meet a whole audited month or none. -#}
{% macro publish_marts(results) -%}
    {%- set publish_to = var('publish_to', '') if execute else '' -%}
    {%- if publish_to and nothing_failed(results) == 'yes' and everything_ran(results) == 'yes' -%}
        {{- copies_of_marts() -}}
    {%- endif -%}
{%- endmacro %}


{#- The statements that publish; none where the engine has taken them one by one. -#}
{% macro copies_of_marts() -%}
    {%- for mart in graph.nodes.values() if is_mart(mart) == 'yes' -%}
        {{- publish_mart(mart, var('publish_to')) -}}
    {%- endfor -%}
{%- endmacro %}


{% macro publish_mart(mart, folder) -%}
    {{- adapter.dispatch('publish_mart')(mart, folder) -}}
{%- endmacro %}


{% macro duckdb__publish_mart(mart, folder) -%}
    {%- set target = dbt.escape_single_quotes(folder ~ '/' ~ mart.name ~ '.parquet') %}
copy (
    {{ month_of_mart(mart) }}
    order by {{ mart.config.meta.grain | join(', ') }}
) to {{ dbt.string_literal(target) }} (format parquet {{- kv_metadata(var('file_metadata', {}).get(mart.name, {})) }});
{%- endmacro %}


{#- Many writers make many files: `<mart>/part-….parquet`. The caller makes them one, in order. -#}
{% macro spark__publish_mart(mart, folder) -%}
    {%- set target = spark_literal(folder ~ '/' ~ mart.name) -%}
    {%- do run_query('insert overwrite directory ' ~ target ~ ' using parquet ' ~ month_of_mart(mart)) -%}
{%- endmacro %}


{% macro month_of_mart(mart) -%}
    select *
    from {{ mart.relation_name }}
    {%- if 'month_start' in mart.columns %}
    where month_start = {{ built_month_first() }}
    {%- endif %}
{%- endmacro %}


{#- Keys and values that go with a Parquet file, as an option of `copy`. -#}
{% macro kv_metadata(values) -%}
    {%- set told = [] -%}
    {%- for key, value in values.items() -%}
        {%- do told.append("'" ~ key ~ "': '" ~ dbt.escape_single_quotes(value) ~ "'") -%}
    {%- endfor -%}
    {{- ', kv_metadata {' ~ told | join(', ') ~ '}' if told else '' -}}
{%- endmacro %}


{% macro is_mart(node) -%}
    {{- 'yes' if node.resource_type == 'model' and 'marts' in node.fqn else 'no' -}}
{%- endmacro %}


{% macro nothing_failed(results) -%}
    {#- An exposure has nothing to run: its status is always no-op. -#}
    {%- set statuses = results | rejectattr('node.resource_type', 'equalto', 'exposure') | map(attribute='status') -%}
    {%- set failed = statuses | map('string') | reject('in', ['success', 'pass', 'warn']) | list -%}
    {{- 'no' if failed else 'yes' -}}
{%- endmacro %}


{#- Tests that are selected away would make a green run that proves nothing. -#}
{% macro everything_ran(results) -%}
    {%- set ran = results | map(attribute='node.unique_id') | list -%}
    {%- set missing = [] -%}
    {%- for node in graph.nodes.values() if node.resource_type == 'test' or is_mart(node) == 'yes' -%}
        {%- if node.unique_id not in ran -%}
            {%- do missing.append(node.name) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if missing -%}
        {%- do log('Nothing is published: not part of this run were ' ~ missing | sort | join(', '), info=true) -%}
    {%- endif -%}
    {{- 'no' if missing else 'yes' -}}
{%- endmacro %}
