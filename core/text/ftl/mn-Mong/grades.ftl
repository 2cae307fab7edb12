# reviewed = false

grade-aaa = ᠰᠢᠯᠳᠡᠭ
grade-aa = ᠰᠠᠶᠢᠨ
grade-a = ᠨᠡᠯᠢᠶᠡᠳ ᠰᠠᠶᠢᠨ
grade-b = ᠶᠡᠷᠦ ᠶᠢᠨ
grade-c = ᠳᠡᠮᠵᠢᠬᠦ ᠰᠢᠭᠠᠷᠳᠠᠯᠭ᠎ᠠ ᠲᠠᠢ
grade-n = ᠦᠨᠡᠯᠡᠭᠡ ᠦᠭᠡᠢ
grade-v = ᠣᠳᠤ ᠦᠨᠡᠯᠡᠬᠦ ᠦᠭᠡᠢ
grade-c-meaning = ᠦᠨᠡᠯᠡᠯᠲᠡ ᠳᠣᠣᠷ᠎ᠠ ᠪᠣᠯᠪᠠᠴᠤ ᠢᠲᠡᠭᠡᠯ ᠠᠯᠳᠠᠭᠰᠠᠨ ᠲᠡᠮᠳᠡᠭᠯᠡᠯ ᠪᠢᠰᠢ᠃
grade-n-meaning = ᠮᠡᠳᠡᠭᠡ ᠬᠦᠷᠦᠯᠴᠡᠬᠦ ᠦᠭᠡᠢ ᠪᠠᠶᠢᠨ᠎ᠠ᠃
grade-v-meaning = ᠣᠳᠤ ᠲᠠᠲᠠᠭᠠᠯᠵᠠᠭᠰᠠᠨ ᠬᠡᠷᠡᠭ ᠪᠠᠶᠢᠨ᠎ᠠ᠂ ᠠᠷᠢᠯᠠᠭᠰᠠᠨ ᠤ ᠳᠠᠷᠠᠭ᠎ᠠ ᠳᠠᠬᠢᠨ ᠦᠨᠡᠯᠡᠵᠦ ᠪᠣᠯᠤᠨ᠎ᠠ᠃
grade-credit-household = ᠢᠲᠡᠭᠡᠮᠵᠢ ᠲᠦ ᠡᠷᠦᠬᠡ
grade-provisional = ᠲᠦᠷ
grade-range = { $worst } - { $best }
grade-under-review = ᠰᠢᠯᠭᠠᠵᠤ ᠪᠠᠶᠢᠨ᠎ᠠ

title-village-excellent = ᠰᠢᠯᠳᠡᠭ ᠢᠲᠡᠭᠡᠮᠵᠢ ᠲᠦ ᠭᠠᠴᠠᠭ᠎ᠠ
title-village-good = ᠰᠠᠶᠢᠨ ᠢᠲᠡᠭᠡᠮᠵᠢ ᠲᠦ ᠭᠠᠴᠠᠭ᠎ᠠ
title-village-ordinary = ᠢᠲᠡᠭᠡᠮᠵᠢ ᠲᠦ ᠭᠠᠴᠠᠭ᠎ᠠ
title-village-none = ᠬᠦᠷᠦᠭᠡ ᠦᠭᠡᠢ

title-township-excellent = ᠰᠢᠯᠳᠡᠭ ᠢᠲᠡᠭᠡᠮᠵᠢ ᠲᠦ ᠰᠤᠮᠤ
title-township-good = ᠰᠠᠶᠢᠨ ᠢᠲᠡᠭᠡᠮᠵᠢ ᠲᠦ ᠰᠤᠮᠤ
title-township-ordinary = ᠢᠲᠡᠭᠡᠮᠵᠢ ᠲᠦ ᠰᠤᠮᠤ
title-township-none = ᠬᠦᠷᠦᠭᠡ ᠦᠭᠡᠢ
title-place-gacha = ᠭᠠᠴᠠᠭ᠎ᠠ
title-place-village = ᠲᠣᠰᠬᠣᠨ
title-place-sumu = ᠰᠤᠮᠤ
title-place-township = ᠪᠠᠯᠭᠠᠰᠤ
title-of-excellent = ᠣᠨᠴᠠᠭᠠᠢ ᠢᠲᠡᠭᠡᠯᠲᠦ { $place }
title-of-good = ᠰᠠᠢᠨ ᠢᠲᠡᠭᠡᠯᠲᠦ { $place }
title-of-ordinary = ᠢᠲᠡᠭᠡᠯᠲᠦ { $place }

gate-passed = ᠬᠦᠷᠦᠭᠰᠡᠨ
gate-failed = ᠬᠦᠷᠦᠭᠡ ᠦᠭᠡᠢ
gate-unknown = ᠰᠢᠯᠭᠠᠬᠤ ᠬᠡᠷᠡᠭ ᠲᠡᠢ
