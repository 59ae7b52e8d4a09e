{#- What the pipeline runs after the models (`dbt run-operation test_and_publish`): the data tests of each table in one
    query, then the marts to Parquet. It logs one line, a JSON list with an object for each test: `unique_id`, `found`
    (whether dbt's own test would warn) and `seconds` (of its table's query). Where one would fail it publishes nothing
    and logs nothing: dbt's own build says what failed, and leaves out what follows from it. -#}
{% macro test_and_publish() -%}
    {%- set tables, results, failed = {}, [], [] -%}
    {%- for node in graph.nodes.values() if node.resource_type == 'test' -%}
        {%- do tables.setdefault(tested_table(node), []).append(node) -%}
    {%- endfor -%}
    {%- for tests in tables.values() -%}
        {%- set begun = modules.datetime.datetime.now() -%}
        {%- set rows = run_query(findings(tests)).rows -%}
        {%- set taken = (modules.datetime.datetime.now() - begun).total_seconds() -%}
        {%- for id, found in rows -%}
            {%- do results.append({'unique_id': id, 'found': found, 'seconds': taken}) -%}
            {%- if found and graph.nodes[id].config.severity | lower == 'error' -%}
                {%- do failed.append(id) -%}
            {%- endif -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- if not failed -%}
        {%- set copies = copies_of_marts() -%}
        {%- if copies -%}
            {%- do run_query(copies) -%}
        {%- endif -%}
        {%- do log(tojson(results), info=true) -%}
    {%- endif -%}
{%- endmacro %}


{#- One row for each test: its id, and whether dbt would warn or fail. -#}
{% macro findings(tests) -%}
    {%- for test in tests %}
        select
            {{ dbt.string_literal(test.unique_id) }} as unique_id,
            should_warn or should_error as found
        from (
            {{ get_test_sql(sql_of_test(test), test.config.fail_calc, test.config.warn_if, test.config.error_if, none) }}
        ) as tested
        {{ "union all" if not loop.last }}
    {%- endfor %}
{%- endmacro %}


{% macro sql_of_test(test) -%}
    {%- if test.test_metadata -%}
        {{- context['test_' ~ test.test_metadata.name](**rendered(test.test_metadata.kwargs)) -}}
    {%- else -%}
        {{- render(test.raw_code) -}}
    {%- endif -%}
{%- endmacro %}


{#- The arguments of a generic test, in which `ref(...)` may stand with its braces or without. -#}
{% macro rendered(value) -%}
    {%- if value is mapping -%}
        {%- set made = {} -%}
        {%- for name, member in value.items() -%}
            {%- do made.update({name: rendered(member)}) -%}
        {%- endfor -%}
        {%- do return(made) -%}
    {%- endif -%}
    {%- if value is string -%}
        {%- do return(render('{{ ' ~ value ~ ' }}' if value.startswith('ref(') else value)) -%}
    {%- endif -%}
    {%- if value is sequence -%}
        {%- set made = [] -%}
        {%- for member in value -%}
            {%- do made.append(rendered(member)) -%}
        {%- endfor -%}
        {%- do return(made) -%}
    {%- endif -%}
    {%- do return(value) -%}
{%- endmacro %}


{#- The model that a test is about: a generic test is attached to it, a singular one names it for Dagster. -#}
{% macro tested_table(test) -%}
    {{- (test.attached_node or '').split('.') | last or test.config.meta.dagster.ref.name -}}
{%- endmacro %}
