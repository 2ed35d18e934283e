{{ contributions_add_up(dimensions(), 'dimension_contribution', 'dimension') }}
