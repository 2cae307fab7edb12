# reviewed = false

subject-household = ᠲᠠᠷᠢᠶᠠᠴᠢᠨ ᠮᠠᠯᠴᠢᠨ ᠡᠷᠦᠬᠡ
subject-cooperative = ᠲᠠᠷᠢᠶᠠᠴᠢᠨ ᠮᠠᠯᠴᠢᠨ ᠤ ᠮᠡᠷᠭᠡᠵᠢᠯ ᠦᠨ ᠬᠣᠷᠰᠢᠶ᠎ᠠ
subject-ranch = ᠭᠡᠷ ᠪᠦᠯᠢ ᠶᠢᠨ ᠲᠠᠷᠢᠶᠠᠯᠠᠩ ᠮᠠᠯᠠᠵᠢᠯ ᠤᠨ ᠲᠠᠯᠠᠪᠠᠢ
subject-collective = ᠭᠠᠴᠠᠭ᠎ᠠ ᠶᠢᠨ ᠬᠠᠮᠲᠤ ᠶᠢᠨ ᠠᠵᠤ ᠠᠬᠤᠢ ᠶᠢᠨ ᠪᠠᠶᠢᠭᠤᠯᠤᠮᠵᠢ
subject-village = ᠭᠠᠴᠠᠭ᠎ᠠ ᠲᠣᠰᠬᠤᠨ
subject-township = ᠰᠤᠮᠤ ᠰᠢᠶᠠᠩ ᠪᠠᠯᠭᠠᠰᠤ
producer-pastoral = ᠮᠠᠯᠴᠢᠨ ᠡᠷᠦᠬᠡ
producer-farming = ᠲᠠᠷᠢᠶᠠᠴᠢᠨ ᠡᠷᠦᠬᠡ
producer-mixed = ᠲᠠᠷᠢᠶᠠᠯᠠᠩ ᠮᠠᠯᠠᠵᠢᠯ ᠬᠣᠯᠢᠮᠠᠭ
producer-other = ᠪᠤᠰᠤᠳ

division-region = ᠥᠪᠡᠷᠲᠡᠭᠡᠨ ᠵᠠᠰᠠᠬᠤ ᠣᠷᠤᠨ
division-league = ᠠᠶᠢᠮᠠᠭ
division-city = ᠬᠣᠲᠠ
division-banner = ᠬᠣᠰᠢᠭᠤ
division-county = ᠰᠢᠶᠠᠨ
division-district = ᠲᠣᠭᠤᠷᠢᠭ
division-sumu = ᠰᠤᠮᠤ
division-town = ᠪᠠᠯᠭᠠᠰᠤ
division-township = ᠰᠢᠶᠠᠩ
division-street = ᠵᠡᠭᠡᠯᠢ ᠭᠤᠳᠤᠮᠵᠢ
division-state-farm = ᠲᠠᠷᠢᠶᠠᠯᠠᠩ ᠮᠠᠯᠠᠵᠢᠯ ᠤᠨ ᠲᠠᠯᠠᠪᠠᠢ
division-gacha = ᠭᠠᠴᠠᠭ᠎ᠠ
division-village = ᠲᠣᠰᠬᠤᠨ
division-residents = ᠰᠠᠭᠤᠭᠴᠢᠳ ᠤᠨ ᠬᠣᠷᠢᠶ᠎ᠠ

state-known = ᠮᠡᠳᠡᠭᠳᠡᠭᠰᠡᠨ
state-not-applicable = ᠬᠠᠮᠢᠶᠠᠷᠠᠯ ᠦᠭᠡᠢ
state-unknown = ᠮᠡᠳᠡᠭᠳᠡᠬᠦ ᠦᠭᠡᠢ
state-refused = ᠮᠡᠳᠡᠭᠦᠯᠬᠦ ᠦᠭᠡᠢ ᠭᠡᠭᠰᠡᠨ
evidence-a = ᠪᠦᠷᠢᠳᠬᠡᠯ᠂ ᠦᠨᠡᠮᠯᠡᠯ ᠪᠤᠶᠤ ᠰᠢᠰᠲᠡᠮ ᠦᠨ ᠮᠡᠳᠡᠭᠡ
evidence-b = ᠴᠤᠭᠯᠠᠭᠤᠯᠤᠭᠴᠢ ᠥᠪᠡᠷ ᠢᠶᠡᠨ ᠦᠵᠡᠵᠦ ᠲᠣᠭᠣᠯᠠᠭᠰᠠᠨ
evidence-c = ᠥᠪᠡᠷ ᠦᠨ ᠮᠡᠳᠡᠭᠦᠯᠦᠯᠲᠡ
evidence-d = ᠪᠤᠰᠤᠳ ᠠᠴᠠ ᠰᠣᠨᠤᠰᠤᠭᠰᠠᠨ ᠪᠤᠶᠤ ᠪᠠᠭᠴᠠᠭᠠᠯᠠᠭᠰᠠᠨ

unit-mu = ᠮᠦ
unit-fen = ᠹᠡᠨ
unit-yuan = ᠶᠤᠸᠠᠨ
unit-kg = ᠬᠢᠯᠣᠭᠷᠠᠮ
unit-head = ᠲᠣᠯᠣᠭᠠᠢ
unit-person = ᠬᠦᠮᠦᠨ
unit-year = ᠵᠢᠯ
unit-sheep-unit = ᠬᠣᠨᠢᠨ ᠤ ᠨᠢᠭᠡᠵᠢ
unit-milli-sheep-unit = ᠬᠣᠨᠢᠨ ᠤ ᠨᠢᠭᠡᠵᠢ ᠶᠢᠨ ᠮᠢᠨᠭᠭᠠᠨ ᠤ ᠨᠢᠭᠡ
unit-milli-degree = ᠭᠷᠠᠳᠦ᠋ᠰ ᠤᠨ ᠮᠢᠩᠭᠠᠨ ᠤ ᠨᠢᠭᠡ
unit-count = ᠰᠢᠷᠬᠡᠭ

purpose-loan-decision = ᠵᠡᠭᠡᠯᠢ ᠪᠠᠲᠤᠯᠠᠬᠤ
purpose-loan-review = ᠵᠡᠭᠡᠯᠢ ᠶᠢᠨ ᠳᠠᠷᠠᠭ᠎ᠠ ᠶᠢᠨ ᠬᠠᠮᠢᠶᠠᠷᠤᠯᠲᠠ
purpose-guarantee-review = ᠪᠠᠲᠤᠯᠠᠨ ᠳᠠᠭᠠᠭᠠᠯᠲᠠ ᠰᠢᠯᠭᠠᠬᠤ
