# reviewed = false

case-state-draft = ᠨᠣᠭᠣᠷᠤᠭ
case-state-sealed = ᠪᠢᠲᠡᠭᠦᠮᠵᠢᠯᠡᠭᠰᠡᠨ
case-state-submitted = ᠮᠡᠳᠡᠭᠦᠯᠦᠭᠰᠡᠨ
case-state-conflict = ᠵᠥᠷᠢᠴᠡᠯ ᠲᠡᠢ
case-state-returned = ᠪᠤᠴᠠᠭᠠᠭᠰᠠᠨ
case-state-pre-rated = ᠡᠬᠢ ᠦᠨᠡᠯᠡᠭᠰᠡᠨ
case-state-reviewed = ᠬᠢᠨᠠᠭᠰᠠᠨ
case-state-in-publicity = ᠵᠠᠷᠯᠠᠵᠤ ᠪᠠᠶᠢᠨ᠎ᠠ
case-state-in-notice = ᠥᠪᠡᠷ ᠲᠦ ᠨᠢ ᠮᠡᠳᠡᠭᠳᠡᠵᠦ ᠪᠠᠶᠢᠨ᠎ᠠ
case-state-disputed = ᠥᠭᠡᠷ᠎ᠡ ᠰᠠᠨᠠᠯ ᠲᠠᠢ
case-state-approved = ᠪᠠᠲᠤᠯᠠᠭᠰᠠᠨ
case-state-effective = ᠬᠦᠴᠦᠨ ᠲᠡᠢ
case-state-watch = ᠰᠡᠷᠡᠮᠵᠢᠯᠡᠯ ᠲᠡᠢ
case-state-suspended = ᠲᠦᠷ ᠵᠣᠭᠰᠤᠭᠠᠭᠰᠠᠨ
case-state-cancelled = ᠬᠦᠴᠦᠨ ᠦᠭᠡᠢ ᠪᠣᠯᠭᠠᠭᠰᠠᠨ
case-state-superseded = ᠰᠢᠨ᠎ᠡ ᠪᠡᠷ ᠰᠣᠯᠤᠭᠰᠠᠨ
case-state-expired = ᠬᠤᠭᠤᠴᠠᠭ᠎ᠠ ᠳᠠᠭᠤᠰᠤᠭᠰᠠᠨ
case-state-closed = ᠬᠠᠭᠠᠭᠰᠠᠨ
case-temporarily-unavailable = ᠦᠨᠡᠯᠡᠯᠲᠡ ᠲᠦᠷ ᠪᠣᠯᠬᠤ ᠦᠭᠡᠢ

role-collector = ᠴᠤᠭᠯᠠᠭᠤᠯᠤᠭᠴᠢ
role-evaluator = ᠦᠨᠡᠯᠡᠭᠴᠢ
role-village-group = ᠭᠠᠴᠠᠭ᠎ᠠ ᠶᠢᠨ ᠡᠬᠢ ᠦᠨᠡᠯᠡᠯᠲᠡ ᠶᠢᠨ ᠳᠤᠭᠤᠶᠢᠯᠠᠩ
role-reviewer = ᠰᠤᠮᠤ ᠶᠢᠨ ᠬᠢᠨᠠᠭᠴᠢ
role-approver = ᠬᠣᠰᠢᠭᠤ ᠶᠢᠨ ᠪᠠᠲᠤᠯᠠᠭᠴᠢ
role-objection-officer = ᠥᠭᠡᠷ᠎ᠡ ᠰᠠᠨᠠᠯ ᠤᠨ ᠠᠵᠢᠯᠲᠠᠨ
role-lender = ᠵᠡᠭᠡᠯᠢ ᠶᠢᠨ ᠠᠵᠢᠯᠲᠠᠨ
role-auditor = ᠲᠣᠭᠣᠴᠠᠭ᠎ᠠ ᠰᠢᠯᠭᠠᠭᠴᠢ
role-administrator = ᠬᠠᠮᠢᠶᠠᠷᠤᠭᠴᠢ
role-subject = ᠲᠤᠬᠠᠢ ᠬᠦᠮᠦᠨ

title-state-computed = ᠪᠣᠳᠤᠭᠰᠠᠨ
title-state-reviewed = ᠬᠢᠨᠠᠭᠰᠠᠨ
title-state-in-publicity = ᠵᠠᠷᠯᠠᠵᠤ ᠪᠠᠶᠢᠨ᠎ᠠ
title-state-approved = ᠪᠠᠲᠤᠯᠠᠭᠰᠠᠨ
title-state-awarded = ᠣᠯᠭᠤᠭᠰᠠᠨ
title-state-warning = ᠰᠡᠷᠡᠮᠵᠢᠯᠡᠯ ᠲᠡᠢ
title-state-kept = ᠬᠠᠳᠠᠭᠠᠯᠠᠭᠰᠠᠨ
title-state-cancelled = ᠬᠠᠰᠤᠭᠰᠠᠨ
title-state-ended = ᠲᠡᠭᠦᠰᠦᠭᠰᠡᠨ
cycle-annual = ᠵᠢᠯ ᠦᠨ ᠦᠨᠡᠯᠡᠯᠲᠡ
cycle-event = ᠣᠨᠴᠠ ᠳᠠᠬᠢᠨ ᠦᠨᠡᠯᠡᠯᠲᠡ

task-second-visit = ᠥᠭᠡᠷ᠎ᠡ ᠬᠣᠶᠠᠷ ᠬᠦᠮᠦᠨ ᠳᠠᠬᠢᠨ ᠣᠴᠢᠵᠤ ᠰᠢᠯᠭᠠᠭᠠᠷᠠᠢ
task-entry-rejected = { $on } ᠤ ᠮᠡᠳᠡᠭᠡ ᠶᠢ ᠠᠪᠤᠭᠰᠠᠨ ᠦᠭᠡᠢ᠃ { $reason } { $words }
