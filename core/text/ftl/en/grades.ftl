# reviewed = true

grade-aaa = excellent
grade-aa = good
grade-a = fairly good
grade-b = fair
grade-c = to be supported
grade-n = not rated
grade-v = not eligible for now
grade-c-meaning = A low score, not a record of dishonesty.
grade-n-meaning = Not enough is known yet.
grade-v-meaning = A veto stands for now; a new rating is possible once it is lifted.
grade-credit-household = credit household
grade-provisional = provisional
grade-range = { $worst } to { $best }
grade-under-review = under review

title-village-excellent = excellent credit gacha
title-village-good = good credit gacha
title-village-ordinary = credit gacha
title-village-none = not yet

title-township-excellent = excellent credit sumu
title-township-good = good credit sumu
title-township-ordinary = credit sumu
title-township-none = not yet
title-place-gacha = gacha
title-place-village = village
title-place-sumu = sumu
title-place-township = township
title-of-excellent = excellent credit { $place }
title-of-good = good credit { $place }
title-of-ordinary = credit { $place }

gate-passed = met
gate-failed = not met
gate-unknown = to be verified
