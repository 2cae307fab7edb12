# reviewed = false

## ᠨᠢᠭᠡ ᠵᠢᠯ ᠦᠨ ᠵᠠᠭᠪᠤᠷ

year-title = ᠢᠲᠡᠭᠡᠯ: ᠦᠨᠡᠯᠡᠯᠲᠡ ᠶᠢᠨ ᠨᠢᠭᠡ ᠵᠢᠯ
year-synthetic = ᠡᠨᠡ ᠪᠣᠯ ᠵᠠᠭᠪᠤᠷ᠃ ᠬᠦᠮᠦᠨ᠂ ᠭᠠᠵᠠᠷ᠂ ᠲᠣᠭ᠎ᠠ ᠪᠦᠭᠦᠳᠡ ᠵᠣᠬᠢᠶᠠᠭᠳᠠᠭᠰᠠᠨ᠃
year-begin = ᠵᠢᠯ ᠡᠬᠢᠯᠡᠪᠡ: { $gachas } ᠭᠠᠴᠠᠭ᠎ᠠ᠂ { $households } ᠡᠷᠦᠬᠡ᠂ { $devices } ᠲᠥᠭᠦᠭᠡᠷᠦᠮᠵᠢ᠃
year-collected = ᠴᠤᠭᠯᠠᠭᠤᠯᠤᠯᠲᠠ: { $visits } ᠤᠳᠠᠭ᠎ᠠ᠂ { $values } ᠲᠣᠭ᠎ᠠ᠂ { $ballots } ᠰᠠᠨᠠᠯ᠃
year-organisations = ᠪᠠᠶᠢᠭᠤᠯᠤᠯᠭ᠎ᠠ: { $count }᠃
year-settled = { $settled } ᠵᠥᠷᠢᠭᠦ ᠶᠢ ᠰᠢᠢᠳᠪᠦᠷᠢᠯᠡᠪᠡ᠃ { $ended } ᠬᠡᠯᠡᠯᠴᠡᠭᠡ ᠲᠡᠭᠦᠰᠪᠡ᠃
year-doubts = ᠰᠡᠵᠢᠭ: { $count }᠃
year-reviewed = ᠬᠢᠨᠠᠯᠲᠠ: { $cases } ᠡᠷᠦᠬᠡ᠃
year-published = ᠵᠠᠷᠯᠠᠯᠲᠠ: { $cases } ᠡᠷᠦᠬᠡ᠂ { $closes } ᠬᠦᠷᠲᠡᠯ᠎ᠡ᠃ ᠠᠮᠠᠷᠠᠯᠲᠠ ᠦᠭᠡᠢ ᠪᠣᠯ { $plain }᠃
year-objected = { $objections } ᠡᠰᠡᠷᠭᠦᠴᠡᠯ ᠢᠷᠡᠪᠡ᠃
year-effective = { $cases } ᠡᠷᠦᠬᠡ ᠶᠢᠨ ᠦᠨᠡᠯᠡᠯᠲᠡ ᠬᠦᠴᠦᠨ ᠲᠡᠢ ᠪᠣᠯᠪᠠ᠃
year-upheld = ᠡᠰᠡᠷᠭᠦᠴᠡᠯ ᠵᠥᠪ: { $before } ᠡᠴᠡ { $after } ᠪᠣᠯᠭᠠᠨ ᠵᠠᠰᠠᠪᠠ᠃
year-rejected = ᠡᠰᠡᠷᠭᠦᠴᠡᠯ ᠪᠤᠷᠤᠭᠤ: { $grade } ᠬᠡᠪᠡᠷ ᠦᠯᠡᠳᠡᠪᠡ᠃
year-recorded = ᠪᠦᠷᠢᠳᠬᠡᠯ ᠣᠷᠤᠪᠠ: ᠣᠨᠤᠭ᠎ᠠ { $before } ᠡᠴᠡ { $after } ᠪᠣᠯᠪᠠ᠃
year-repaired = ᠪᠦᠷᠢᠳᠬᠡᠯ ᠵᠠᠰᠠᠭᠳᠠᠪᠠ: ᠣᠨᠤᠭ᠎ᠠ { $after }᠃
year-awarded = ᠴᠣᠯᠠ: { $gachas } ᠭᠠᠴᠠᠭ᠎ᠠ᠂ { $townships } ᠰᠤᠮᠤ᠃
year-disaster = { $township }: ᠭᠠᠩ᠂ { $standings } ᠡᠷᠦᠬᠡ ᠶᠢ ᠳᠠᠬᠢᠨ ᠪᠣᠳᠤᠪᠠ᠂ { $better } ᠰᠠᠶᠢᠵᠢᠷᠠᠪᠠ᠃
year-merged = { $old } → { $new }: { $households } ᠡᠷᠦᠬᠡ᠃ ᠴᠣᠯᠠ ᠥᠪᠯᠡᠭᠳᠡᠬᠦ ᠦᠭᠡᠢ᠃
year-ledger = { $month }: { $loans } ᠵᠡᠭᠡᠯᠢ᠃
year-warned = { $gacha } ᠰᠡᠷᠡᠮᠵᠢᠯᠡᠭᠦᠯᠪᠡ᠂ { $due } ᠬᠦᠷᠲᠡᠯ᠎ᠡ ᠵᠠᠰᠠᠨ᠎ᠠ᠃
year-cancelled = { $gacha } ᠴᠣᠯᠠ ᠶᠢ ᠬᠠᠰᠤᠪᠠ᠃
year-opened = ᠰᠢᠨ᠎ᠡ ᠵᠢᠯ: { $cycle }᠃
year-rated-again = ᠳᠠᠬᠢᠨ ᠦᠨᠡᠯᠡᠪᠡ: { $visits } ᠤᠳᠠᠭ᠎ᠠ᠂ { $ended } ᠬᠡᠯᠡᠯᠴᠡᠭᠡ᠂ { $cases } ᠡᠷᠦᠬᠡ᠃
year-kept = { $gacha } ᠴᠣᠯᠠ ᠪᠠᠨ ᠬᠠᠳᠠᠭᠠᠯᠠᠪᠠ᠃
year-proved = ᠰᠢᠯᠭᠠᠯᠲᠠ: { $ratings } ᠦᠨᠡᠯᠡᠯᠲᠡ᠂ { $titles } ᠴᠣᠯᠠ᠂ { $files } ᠳᠠᠩᠰᠠ᠂ { $leaves } ᠲᠡᠮᠳᠡᠭᠯᠡᠯ ᠢᠵᠢᠯ᠃
year-took = { $seconds } ᠰᠧᠺᠦ᠋ᠨᠳ᠃
