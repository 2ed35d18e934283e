{{ weights_sum_to_one('individual_weight', 'dimension') }}
