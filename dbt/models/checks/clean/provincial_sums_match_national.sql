{{ sums_against_the_nation('national_gap') }}
