{{ contributions_add_up(
    'ami, ami_partial', 'contribution', '(select index_variable from ' ~ ref('dim_index_standing') ~ ')'
) }}
