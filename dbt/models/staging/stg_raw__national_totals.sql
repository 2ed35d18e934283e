{{ observations_in_canonical_units("province_code = '000000'") }}
