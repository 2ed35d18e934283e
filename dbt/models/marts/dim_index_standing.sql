select
    is_partial,
    index_variable,
    n_indicators,
    n_indicators_expected,
    n_amt,
    n_amm,
    n_amw,
    n_gam,
    n_ame,
    standing_dimensions,
    reason
from {{ ref('int_index__standing') }}
