# reviewed = true

## A simulated rating year (itgel demo --year)

year-title = Itgel: a simulated rating year
year-synthetic = This is a simulation: the program moves the clock, and all names, places and figures are invented (示例).
year-begin = The year begins: { $gachas } gachas, { $households } households, { $devices } offline devices.
year-collected = Collection: { $visits } sealed visits, { $values } values, { $ballots } ballots.
year-organisations = Organisations: { $count } of them, a cooperative, a ranch and a collective, visited and sealed.
year-settled = Conflicts: a third person settled { $settled } values; { $ended } peer evaluations with too few evaluators ended.
year-doubts = Doubts: { $count } raised by rules (values like last year's, one-sided ballots), each explained by a person.
year-reviewed = Review: { $cases } cases.
year-published = Publicity and notice: { $cases } cases, until { $closes }; without the holidays until { $plain }.
year-objected = { $objections } objections within the period; their cases wait.
year-effective = The period is over and the banner approves: { $cases } ratings in effect.
year-upheld = Objection upheld: { $before } corrected to { $after } after a visit, and published anew.
year-rejected = Objection rejected: { $grade } stays, with a written answer.
year-recorded = A record of general dishonesty is entered: the computed score goes from { $before } to { $after }.
year-repaired = The record is repaired and used no more: the computed score is { $after } again.
year-awarded = Titles awarded: { $gachas } gachas, { $townships } sumus.
year-disaster = Drought declared over { $township }: in force by a second person, { $standings } households computed anew, { $better } with a better score.
year-merged = { $old } become { $new }: { $households } households go along with their files, no title is inherited.
year-ledger = The lender's ledger of { $month }: { $loans } loans, put into force by the banner.
year-warned = Quarterly check: { $gacha } is below an entry gate; warning, to be corrected by { $due }.
year-cancelled = Quarterly check: { $gacha } is below an exit gate; its title is taken back after a hearing.
year-opened = A new campaign opens: { $cycle }.
year-rated-again = Annual re-rating: { $visits } visits, { $ended } evaluations ended, { $cases } new ratings supersede the old ones.
year-kept = Corrected in time: { $gacha } keeps its title.
year-proved = Proof: { $ratings } ratings and { $titles } titles come out of their stored inputs and rules byte for byte; { $files } files out of their envelopes; { $leaves } log entries are whole.
year-took = It took { $seconds } seconds.
