# reviewed = true

# Checks at the doorstep: figures that do not seem to fit; the officer looks again. Nothing is stopped.
warning-insured-above-declared = More animals are insured than were counted. Count again or look at the policy.
warning-births-above-females = More were born than the breeding females allow. Check births and females.
warning-herd-equation = Opening stock, births, purchases, sales, deaths and present stock do not fit together. Check each.
warning-heaping = The counts of all classes end in 0 or 5, as if estimated. Count them.
warning-subsidy-area = The grassland subsidy stands for another area than the declared one. Check area and subsidy.
warning-far-above-quota = Far more animals on the pasture than its quota allows. Check area, leases and stock.
warning-same-stock-as-before = The counts of all classes equal last year's. Count again.
warning-unexplained-loss = In a disaster far more animals are missing than sales and deaths explain. Ask where they went; visit again.
warning-far-from-before = This visit stands far from the last one. Make sure that this is the household.
warning-copied-from-before = More than nine in ten values equal last year's. Ask for each again.
warning-outdated-rules = The rules on this device are not the latest. Synchronise and assess again; what was entered stays.
warning-doubtful-clock = The date of this device may be wrong: it lies before the last one that the server signed, or outside the cycle that was open then. Look at the clock; entering and sealing go on, and a reviewer looks at it.
