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
title-village-plain = credit gacha
title-village-none = not yet

title-township-excellent = excellent credit sumu
title-township-good = good credit sumu
title-township-plain = credit sumu
title-township-none = not yet

gate-village-filed = households on file
gate-village-credit = credit households
gate-village-on-time = households repaying on time
gate-village-npl = non-performing household loans
gate-village-rated = rated households
gate-village-lawful = no illegal fund-raising, no cadre loan in default
gate-township-credit = credit gachas
gate-township-on-time = households repaying on time
gate-township-npl = non-performing loans
gate-township-recovery = recovery of loans made in 24 months
gate-township-government = sumu government not a defaulting debtor
gate-passed = met
gate-failed = not met
gate-unknown = to be verified
