# reviewed = true

case-state-draft = draft
case-state-sealed = sealed
case-state-submitted = submitted
case-state-conflict = values disagree
case-state-returned = returned
case-state-pre-rated = pre-rated
case-state-reviewed = reviewed
case-state-in-publicity = in publicity
case-state-in-notice = told to the subject
case-state-disputed = disputed
case-state-approved = approved
case-state-effective = in effect
case-state-watch = on watch
case-state-suspended = suspended
case-state-cancelled = cancelled
case-state-superseded = superseded
case-state-expired = expired
case-state-closed = closed
case-temporarily-unavailable = rating temporarily not available

role-collector = collector
role-evaluator = evaluator
role-village-group = gacha group
role-reviewer = reviewer
role-approver = approver
role-objection-officer = objection officer
role-lender = lender
role-auditor = auditor
role-administrator = administrator
role-subject = subject

title-state-computed = computed
title-state-reviewed = reviewed
title-state-in-publicity = in publicity
title-state-approved = approved
title-state-awarded = awarded
title-state-warning = warned
title-state-kept = kept
title-state-cancelled = cancelled
title-state-ended = ended
cycle-annual = yearly rating
cycle-event = re-rating after an event

task-second-visit = Two other officers are asked to visit again
task-entry-rejected = A record written on { $on } was not taken: { $reason } The reviewer says: { $words }
