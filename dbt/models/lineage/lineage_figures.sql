{%- set columns = [
    'figure', 'province_code', 'year', 'kind', 'label', 'value', 'unit', 'formula',
    'is_interpolated', 'fill_method', 'gap_length', 'terms', 'missing',
] -%}
{#- Null in the first two kinds, and no text, for which PostgreSQL takes such a column. -#}
{%- set typed_nulls = {'gap_length': 'cast(null as integer)'} -%}
{#- The columns that figures of a kind do not have. -#}
{%- set kinds = {
    'indices': ['fill_method', 'gap_length'],
    'indicator_figures': ['fill_method', 'gap_length', 'missing'],
    'variable_figures': ['fill_method', 'gap_length', 'missing'],
    'quotients': ['fill_method', 'gap_length', 'missing'],
    'sums': ['fill_method', 'gap_length', 'terms', 'missing'],
    'totals': ['formula', 'fill_method', 'gap_length'],
    'exchange_rates': ['formula', 'fill_method', 'gap_length', 'terms'],
    'items': ['formula', 'terms'],
} -%}

with panel as (
    select
        figures.variable as figure,
        figures.province_code,
        figures.year,
        case
            when variables.role in ('index', 'partial_index') then 'index'
            when variables.role = 'dimension' then variables.role
            else 'variable'
        end as kind,
        variables.variable_label as label,
        figures.value,
        variables.unit,
        variables.formula,
        figures.is_interpolated
    from {{ ref('int_variables__values') }} as figures
    inner join {{ ref('variables') }} as variables on figures.variable = variables.variable
),

available as (
    select indicator
    from {{ ref('int_indicators__values') }}
    group by indicator
    having count(value) > 0
),

scores as (
    select
        normalised.indicator,
        indicators.dimension,
        indicators.attribute,
        normalised.province_code,
        normalised.year,
        normalised.value,
        normalised.is_interpolated,
        normalised.scope,
        weights.value_min,
        weights.value_max,
        weights.n_observations,
        normalised.score,
        weights.overall_weight,
        weights.individual_weight,
        {{ contribution('weights.overall_weight', 'normalised.score') }} as contribution,
        {{ contribution('weights.individual_weight', 'normalised.score') }}
            as dimension_contribution,
        available.indicator is not null as is_available
    from {{ ref('int_indicators__normalised') }} as normalised
    inner join {{ ref('indicators') }} as indicators on normalised.indicator = indicators.indicator
    left join available on normalised.indicator = available.indicator
    left join {{ ref('int_indicators__weights') }} as weights
        on
            normalised.indicator = weights.indicator
            and normalised.scope = weights.scope
),

-- The index by either of its names is made of the same indicators.
index_parts as (
    select
        subject as figure,
        part
    from {{ ref('int_formulas__parts') }}
    where subject <> part
    union all
    select
        names.variable as figure,
        parts.part
    from {{ ref('int_formulas__parts') }} as parts
    cross join {{ ref('variables') }} as names
    where
        parts.subject = 'ami'
        and names.role = 'partial_index'
),

-- An index, and each dimension of it, is made of the indicators that the dataset has at all.
made_of as (
    select
        parts.figure,
        scores.province_code,
        scores.year,
        count(*) as n_indicators,
        count(*) filter (where scores.is_available) as n_available,
        -- In one order, so that the last digit does not depend on threads.
        {{ ordered_sum('scores.contribution', 'indicators.sort_order') }} as contribution,
        {{ ordered_list(
            'scores.indicator',
            ', ',
            'indicators.sort_order',
            'scores.is_available and scores.value is null'
        ) }} as lacking
    from scores
    inner join index_parts as parts on scores.indicator = parts.part
    inner join {{ ref('indicators') }} as indicators on scores.indicator = indicators.indicator
    group by
        parts.figure,
        scores.province_code,
        scores.year
),

ranked as (
    select
        figure,
        province_code,
        year,
        case
            when value is not null
                then rank() over (partition by figure, year order by value desc nulls last)
        end as place
    from panel
    where kind = 'index'
),

indices as (
    select
        panel.*,
        case
            {%- for index in ['ami', 'ami_partial'] %}
            when panel.figure = '{{ index }}'
                then
                    {{ json_object({
                        index ~ '_rank': 'ranked.place',
                        'n_indicators': 'index_sample.n_indicators',
                        'n_indicators_expected': 'index_sample.n_indicators_expected',
                    }) | indent(20) }}
            {%- endfor %}
            else {{ json_object({'contribution': 'made_of.contribution'}) | indent(12) }}
        end as terms,
        case
            when panel.value is not null then null
            when made_of.n_available = 0
                then
                    'the dataset has no value of any of its ' || made_of.n_indicators
                    || ' indicators'
            when whole.lacking is not null
                then
                    'not in the index sample: of the indicators that the dataset has, the '
                    || 'province lacks ' || whole.lacking || ' in ' || panel.year
            when
                panel.figure = standing.index_variable
                or {{ is_listed('panel.figure', 'standing.standing_dimensions') }}
                then
                    'no indicator of it tells one province from another, '
                    || 'so that no weight is defined'
            when panel.kind = 'dimension'
                then
                    'the dataset has ' || made_of.n_available
                    || ' of its indicators, too few for it to stand'
            when standing.is_partial
                then
                    'the index is a partial one, ' || standing.index_variable || ': it has '
                    || standing.reason
            else 'the index of this dataset is not a partial one: it is ' || standing.index_variable
        end as missing
    from panel
    inner join made_of
        on
            panel.figure = made_of.figure
            and panel.province_code = made_of.province_code
            and panel.year = made_of.year
    inner join made_of as whole
        on
            whole.figure = 'ami'
            and panel.province_code = whole.province_code
            and panel.year = whole.year
    inner join {{ ref('int_index__sample') }} as index_sample
        on
            panel.province_code = index_sample.province_code
            and panel.year = index_sample.year
    cross join {{ ref('int_index__standing') }} as standing
    left join ranked
        on
            panel.figure = ranked.figure
            and panel.province_code = ranked.province_code
            and panel.year = ranked.year
),

indicator_figures as (
    select
        scores.indicator as figure,
        scores.province_code,
        scores.year,
        'indicator' as kind,
        indicators.indicator_label as label,
        scores.value,
        indicators.unit,
        indicators.formula,
        scores.is_interpolated,
        {{ json_object({
            'value_min': 'scores.value_min',
            'value_max': 'scores.value_max',
            'n_observations': 'scores.n_observations',
            'scope': 'scores.scope',
            'score': 'scores.score',
            'overall_weight': 'scores.overall_weight',
            'individual_weight': 'scores.individual_weight',
            'contribution': 'scores.contribution',
            'dimension_contribution': 'scores.dimension_contribution',
            'dimension': 'scores.dimension',
            'attribute': 'scores.attribute',
        }) | indent(8) }} as terms
    from scores
    inner join {{ ref('indicators') }} as indicators on scores.indicator = indicators.indicator
),

variable_figures as (
    select
        panel.*,
        case
            when panel.figure = 'eg'
                then
                    {{ json_object({
                        'eg_h_both': 'eg.eg_h_both',
                        'eg_h_manufacturing': 'eg.eg_h_manufacturing',
                        'eg_h_producer_services': 'eg.eg_h_producer_services',
                        'province_share_both': 'eg.province_share_both',
                        'province_share_manufacturing': 'eg.province_share_manufacturing',
                        'province_share_producer_services': 'eg.province_share_producer_services',
                        'share_manufacturing': 'eg.share_manufacturing',
                        'share_producer_services': 'eg.share_producer_services',
                        'n_provinces': 'eg.n_provinces',
                    }) | indent(20) }}
            when panel.figure = 'eg_pair'
                then
                    {{ json_object({
                        'province_share_employment': 'pairwise.province_share_employment',
                        'sum_squared_shares': 'pairwise.sum_squared_shares',
                        'n_provinces': 'pairwise.n_provinces',
                    }) | indent(20) }}
        end as terms
    from panel
    left join {{ ref('int_agglomeration__concentration') }} as eg
        on
            panel.province_code = eg.province_code
            and panel.year = eg.year
    left join {{ ref('int_agglomeration__pairwise') }} as pairwise
        on
            panel.province_code = pairwise.province_code
            and panel.year = pairwise.year
    where panel.kind = 'variable'
),

quotients as (
    {%- for quotient, label, formula in [
        (
            'magglo',
            'Location Quotient of Manufacturing',
            'eq. 18: (M / national M) / (P / national P)',
        ),
        (
            'psagglo',
            'Location Quotient of Producer Services',
            'eq. 19: (PS / national PS) / (P / national P)',
        ),
    ] %}
    select
        '{{ quotient }}'
        || case quotients.employment_base when 'whole_society' then '' else '_urban' end as figure,
        quotients.province_code,
        quotients.year,
        'quotient' as kind,
        '{{ label }}' as label,
        quotients.{{ quotient }} as value,
        'ratio' as unit,
        '{{ formula }}' as formula,
        quotients.{{ quotient }} is not null and coalesce(flags.is_interpolated, false)
            as is_interpolated,
        {{ json_object({
            'employment_base': 'quotients.employment_base',
            'n_provinces': 'quotients.n_provinces',
        }) | indent(8) }} as terms
    from {{ ref('int_agglomeration__quotients') }} as quotients
    left join {{ ref('int_formulas__flags') }} as flags
        on
            flags.subject
            = case quotients.employment_base
                when 'whole_society' then 'coagglo'
                else 'coagglo_urban'
            end
            and quotients.province_code = flags.province_code
            and quotients.year = flags.year
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
),

filled_services as (
    select
        province_code,
        year,
        bool_or(is_interpolated) as is_interpolated
    from {{ ref('int_formulas__inputs') }}
    where
        subject = 'eg'
        and input <> 'employed_manufacturing'
    group by
        province_code,
        year
),

sums as (
    select
        'producer_services' as figure,
        employment.province_code,
        employment.year,
        'sum' as kind,
        'PS, employment in producer services' as label,
        employment.producer_services as value,
        'persons' as unit,
        'sum of its five sectors' as formula,
        employment.producer_services is not null and filled_services.is_interpolated
            as is_interpolated
    from {{ ref('int_agglomeration__employment') }} as employment
    inner join filled_services
        on
            employment.province_code = filled_services.province_code
            and employment.year = filled_services.year
),

totals as (
    select
        total as figure,
        '{{ var("national_code") }}' as province_code,
        year,
        'total' as kind,
        max(sector) || ', sum over the provinces' as label,
        max(national_persons) as value,
        'persons' as unit,
        false as is_interpolated,
        {{ json_object({
            'n_provinces': 'count(*) filter (where is_summed)',
            'by_province': json_by_name('province_code', 'persons', 'is_summed') | indent(12),
        }) | indent(8) }} as terms,
        case
            when not bool_or(is_summed)
                then 'no province has every figure that the total needs in ' || year
        end as missing
    from {{ ref('lineage_totals') }}
    group by
        total,
        year
),

exchange_rates as (
    select
        'yuan_per_usd' as figure,
        '{{ var("national_code") }}' as province_code,
        years.year,
        'reference' as kind,
        'exchange_rates.csv, row of ' || years.year as label,
        rates.yuan_per_usd as value,
        'yuan per US dollar' as unit,
        false as is_interpolated,
        case
            when rates.year is null then 'exchange_rates.csv has no row for ' || years.year
        end as missing
    from {{ ref('int_panel__years') }} as years
    left join {{ ref('exchange_rates') }} as rates on years.year = rates.year
),

printed as (
    select
        item_code,
        province_code,
        min(year) as first_year,
        max(year) as last_year
    from {{ ref('int_items__preferred') }}
    group by
        item_code,
        province_code
),

items as (
    select
        filled.item_code as figure,
        filled.province_code,
        filled.year,
        'item' as kind,
        items.label_zh || ' ' || items.label_en as label,
        filled.value,
        items.canonical_unit as unit,
        filled.is_interpolated,
        filled.fill_method,
        filled.gap_length,
        case
            when filled.value is null
                then
                    'no figure of ' || filled.item_code || ' for ' || filled.year
                    || case
                        when
                            printed.item_code is null
                            then ', nor for any other year of the province'
                        else
                            '; the province''s figures of it are of '
                            || printed.first_year
                            || ' to '
                            || printed.last_year
                    end
        end as missing
    from {{ ref('int_items__filled') }} as filled
    inner join {{ ref('items') }} as items on filled.item_code = items.item_code
    left join printed
        on
            filled.item_code = printed.item_code
            and filled.province_code = printed.province_code
)

{% for cte, lacking in kinds.items() -%}
select
{%- for column in columns %}
    {% set null_as = typed_nulls.get(column, 'null') ~ ' as ' if column in lacking -%}
    {{ null_as }}{{ column }} {{- ',' if not loop.last }}
{%- endfor %}
from {{ cte }}
{% if not loop.last -%}
union all
{% endif -%}
{% endfor -%}
