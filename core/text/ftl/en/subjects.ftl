# reviewed = true

subject-household = household
subject-cooperative = cooperative
subject-ranch = family ranch
subject-collective = gacha collective
subject-village = gacha
subject-township = sumu
producer-pastoral = pastoral
producer-farming = farming
producer-mixed = mixed
producer-other = other

division-region = autonomous region
division-league = league
division-city = city
division-banner = banner
division-county = county
division-district = district
division-sumu = sumu
division-town = town
division-township = township
division-street = street
division-state-farm = state farm
division-gacha = gacha
division-village = village
division-residents = residents' committee

state-known = known
state-not-applicable = does not apply
state-unknown = unknown
state-refused = not given
evidence-a = register, document or system
evidence-b = seen and counted by the officer
evidence-c = declared by the subject
evidence-d = told by others, or estimated

unit-mu = mu
unit-fen = fen
unit-yuan = yuan
unit-kg = kg
unit-head = head
unit-person = people
unit-year = years
unit-sheep-unit = sheep units
unit-milli-sheep-unit = thousandths of a sheep unit
unit-milli-degree = thousandths of a degree
unit-count = pieces

purpose-loan-decision = loan decision
purpose-loan-review = loan review
purpose-guarantee-review = guarantee review
