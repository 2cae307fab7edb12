# reviewed = true

demo-title = Itgel demo: from the first observation to a title
demo-synthetic = All names, places and figures below are invented (示例).
demo-plan = { $gachas } gachas, { $households } households, { $devices } offline devices
demo-seed = seed { $seed } (same seed, same results)
demo-progress-prepare = preparing database and rules
demo-progress-collect = collecting and sealing offline
demo-progress-sync = synchronising
demo-progress-rate = rating
demo-progress-review = review and publicity
demo-progress-roll-up = rolling up gachas and sumus

demo-table-gachas = Gachas
demo-table-sumus = Sumus
demo-head-gacha = gacha
demo-head-sumu = sumu
demo-head-resident = households
demo-head-filed = filed
demo-head-rated = rated
demo-head-credit-share = credit share
demo-head-gates = gates
demo-head-score = score
demo-head-level = level
demo-head-gachas = gachas
demo-head-credit-gachas = credit gachas
demo-gates-passed = { $passed } of { $all } met
demo-gates-failing = not met: { $gates }

demo-table-time = Where the time went
demo-head-step = step
demo-head-count = count
demo-head-elapsed = elapsed
demo-head-rate = per second
demo-head-share = share
demo-total = total

demo-next-title = What to do next
demo-next-open = Open { $url } in a browser
demo-next-sign-in = User { $user }, password { $password } (this demo only)
demo-next-curl = Query a report as a lender:
demo-next-explain = See where a grade comes from:
demo-next-stop = Press Ctrl+C to stop.
demo-kept-in = Data is kept in { $path }
