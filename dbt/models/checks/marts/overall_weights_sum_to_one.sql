{{ weights_sum_to_one('overall_weight', "'ami'") }}
