# reviewed = false

demo-title = ᠢᠲᠡᠭᠡᠯ ᠦᠨ ᠦᠵᠦᠭᠦᠯᠡᠯᠲᠡ
demo-synthetic = ᠳᠣᠣᠷ᠎ᠠ ᠶᠢᠨ ᠨᠡᠷ᠎ᠡ᠂ ᠭᠠᠵᠠᠷ᠂ ᠲᠣᠭ᠎ᠠ ᠪᠦᠭᠦᠳᠡ ᠵᠣᠬᠢᠶᠠᠭᠳᠠᠭᠰᠠᠨ (示例)᠃
demo-plan = { $gachas } ᠭᠠᠴᠠᠭ᠎ᠠ᠂ { $households } ᠡᠷᠦᠬᠡ᠂ { $devices } ᠲᠥᠭᠦᠭᠡᠷᠦᠮᠵᠢ
demo-seed = ᠦᠷ᠎ᠡ { $seed }
demo-progress-prepare = ᠮᠡᠳᠡᠭᠡᠨ ᠦ ᠰᠠᠩ ᠪᠡᠯᠡᠳᠬᠡᠵᠦ ᠪᠠᠶᠢᠨ᠎ᠠ
demo-progress-collect = ᠰᠦᠯᠵᠢᠶ᠎ᠡ ᠦᠭᠡᠢ ᠪᠡᠷ ᠴᠤᠭᠯᠠᠭᠤᠯᠵᠤ ᠪᠠᠶᠢᠨ᠎ᠠ
demo-progress-sync = ᠰᠡᠷᠸᠡᠷ ᠲᠦ ᠢᠯᠡᠭᠡᠵᠦ ᠪᠠᠶᠢᠨ᠎ᠠ
demo-progress-rate = ᠵᠡᠷᠭᠡ ᠦᠨᠡᠯᠡᠵᠦ ᠪᠠᠶᠢᠨ᠎ᠠ
demo-progress-review = ᠬᠢᠨᠠᠵᠤ ᠵᠠᠷᠯᠠᠵᠤ ᠪᠠᠶᠢᠨ᠎ᠠ
demo-progress-roll-up = ᠭᠠᠴᠠᠭ᠎ᠠ ᠰᠤᠮᠤ ᠪᠠᠷ ᠨᠡᠶᠢᠯᠡᠭᠦᠯᠵᠦ ᠪᠠᠶᠢᠨ᠎ᠠ

demo-table-gachas = ᠭᠠᠴᠠᠭ᠎ᠠ
demo-table-sumus = ᠰᠤᠮᠤ
demo-head-gacha = ᠭᠠᠴᠠᠭ᠎ᠠ
demo-head-sumu = ᠰᠤᠮᠤ
demo-head-resident = ᠡᠷᠦᠬᠡ
demo-head-filed = ᠳᠠᠨᠭᠰᠠᠯᠠᠭᠰᠠᠨ
demo-head-rated = ᠦᠨᠡᠯᠡᠭᠰᠡᠨ
demo-head-credit-share = ᠢᠲᠡᠭᠡᠮᠵᠢ ᠲᠦ ᠬᠤᠪᠢ
demo-head-gates = ᠰᠢᠭᠠᠷᠳᠠᠯᠭ᠎ᠠ
demo-head-score = ᠣᠨᠤᠭ᠎ᠠ
demo-head-level = ᠵᠡᠷᠭᠡ
demo-head-gachas = ᠭᠠᠴᠠᠭ᠎ᠠ ᠶᠢᠨ ᠲᠣᠭ᠎ᠠ
demo-head-credit-gachas = ᠢᠲᠡᠭᠡᠮᠵᠢ ᠲᠦ ᠭᠠᠴᠠᠭ᠎ᠠ
demo-gates-passed = { $passed }/{ $all }
demo-gates-failing = ᠬᠦᠷᠦᠭᠡ ᠦᠭᠡᠢ: { $gates }

demo-table-time = ᠴᠠᠭ ᠢ ᠬᠠᠮᠢᠭ᠎ᠠ ᠵᠠᠷᠤᠴᠠᠭᠤᠯᠤᠭᠰᠠᠨ ᠪᠤᠢ
demo-head-step = ᠠᠯᠬᠤᠮ
demo-head-count = ᠲᠣᠭ᠎ᠠ
demo-head-elapsed = ᠵᠠᠷᠤᠴᠠᠭᠤᠯᠤᠭᠰᠠᠨ ᠴᠠᠭ
demo-head-rate = ᠰᠢᠬᠤᠨᠳ ᠲᠤᠲᠤᠮ
demo-head-share = ᠬᠤᠪᠢ
demo-total = ᠪᠦᠭᠦᠳᠡ

demo-next-title = ᠳᠠᠷᠠᠭ᠎ᠠ ᠨᠢ
demo-next-open = { $url } ᠶᠢ ᠨᠡᠭᠡᠭᠡᠵᠦ ᠦᠵᠡᠭᠡᠷᠡᠢ
demo-next-sign-in = ᠬᠡᠷᠡᠭᠯᠡᠭᠴᠢ { $user }᠂ ᠨᠢᠭᠤᠴᠠᠭ ᠦᠰᠦᠭ { $password }
demo-next-curl = ᠵᠡᠭᠡᠯᠢ ᠥᠭᠭᠦᠭᠴᠢ ᠶᠢᠨ ᠨᠡᠷ᠎ᠡ ᠪᠡᠷ ᠮᠡᠳᠡᠭᠦᠯᠦᠯᠲᠡ ᠠᠰᠠᠭᠤᠭᠠᠷᠠᠢ:
demo-next-explain = ᠵᠡᠷᠭᠡ ᠶᠢᠨ ᠤᠴᠢᠷ ᠰᠢᠯᠲᠠᠭᠠᠨ ᠢ ᠦᠵᠡᠭᠡᠷᠡᠢ:
demo-next-stop = Ctrl+C ᠳᠠᠷᠤᠪᠠᠯ ᠵᠣᠭᠰᠤᠨ᠎ᠠ᠃
demo-kept-in = ᠮᠡᠳᠡᠭᠡ { $path } ᠳᠤ ᠪᠠᠶᠢᠨ᠎ᠠ
