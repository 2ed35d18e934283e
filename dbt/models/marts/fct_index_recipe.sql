with terms as (
    select
        recipes.recipe_number,
        recipes.aggregation,
        scores.province_code,
        scores.year,
        scores.score,
        weights.weight
    from {{ ref('index_recipes') }} as recipes
    inner join {{ ref('int_recipes__scores') }} as scores
        on recipes.normalisation = scores.normalisation
    inner join {{ ref('indicators') }} as indicators
        on scores.indicator = indicators.indicator
    inner join {{ ref('int_recipes__weights') }} as weights
        on
            recipes.weighting = weights.weighting
            and scores.indicator = weights.indicator
    where recipes.left_out not in (scores.indicator, indicators.dimension)
),

indexed as (
    select
        recipe_number,
        province_code,
        year,
        100.0 * case
            when aggregation = 'geometric' then {{ weighted_geometric('score', 'weight') }}
            when aggregation = 'harmonic' then {{ weighted_harmonic('score', 'weight') }}
            else {{ weighted_arithmetic('score', 'weight') }}
        end as score
    from terms
    group by
        recipe_number,
        aggregation,
        province_code,
        year
)

select
    indexed.recipe_number,
    indexed.province_code,
    provinces.province,
    indexed.year,
    indexed.score,
    rank() over (
        partition by indexed.recipe_number, indexed.year order by indexed.score desc
    ) as score_rank
from indexed
inner join {{ ref('provinces') }} as provinces
    on indexed.province_code = provinces.province_code
order by
    indexed.recipe_number,
    indexed.province_code,
    indexed.year
