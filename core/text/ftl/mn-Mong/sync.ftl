# reviewed = false

sync-saved = ᠡᠨᠡ ᠲᠥᠭᠦᠭᠡᠷᠦᠮᠵᠢ ᠳᠦ ᠬᠠᠳᠠᠭᠠᠯᠠᠭᠰᠠᠨ
sync-waiting = ᠢᠯᠡᠭᠡᠬᠦ ᠶᠢ ᠬᠦᠯᠢᠶᠡᠵᠦ ᠪᠠᠶᠢᠨ᠎ᠠ
sync-sending = ᠢᠯᠡᠭᠡᠵᠦ ᠪᠠᠶᠢᠨ᠎ᠠ
sync-received = ᠰᠡᠷᠸᠡᠷ ᠬᠦᠯᠢᠶᠡᠨ ᠠᠪᠤᠭᠰᠠᠨ
sync-needs-you = ᠲᠠ ᠰᠢᠶᠢᠳᠪᠦᠷᠢᠯᠡᠬᠦ ᠬᠡᠷᠡᠭ ᠲᠡᠢ
sync-nothing-to-do = ᠪᠦᠭᠦᠳᠡ ᠬᠦᠷᠦᠭᠰᠡᠨ
sync-waiting-count = { $count } ᠬᠦᠯᠢᠶᠡᠵᠦ ᠪᠠᠶᠢᠨ᠎ᠠ
sync-needs-you-count = { $count } ᠨᠢ ᠲᠠᠨ ᠢ ᠬᠦᠯᠢᠶᠡᠵᠦ ᠪᠠᠶᠢᠨ᠎ᠠ
sync-only-here = { $officer } ᠤᠨ { $count } ᠪᠠᠷᠢᠮᠲᠠ ᠵᠥᠪᠬᠡᠨ ᠡᠨᠡ ᠲᠥᠬᠥᠭᠡᠷᠦᠮᠵᠢ ᠳᠡᠭᠡᠷ᠎ᠡ ᠪᠠᠶᠢᠨ᠎ᠠ᠃ ᠳᠠᠬᠢᠨ ᠠᠶᠢᠯᠴᠢᠯᠠᠭᠠᠷᠠᠢ᠃
sync-no-signal = ᠰᠦᠯᠵᠢᠶ᠎ᠡ ᠦᠭᠡᠢ᠃ ᠮᠡᠳᠡᠭᠡ ᠬᠠᠳᠠᠭᠠᠯᠠᠭᠳᠠᠭᠰᠠᠨ᠂ ᠰᠦᠯᠵᠢᠶ᠎ᠡ ᠲᠡᠢ ᠪᠣᠯᠪᠠᠯ ᠢᠯᠡᠭᠡᠭᠡᠨ᠎ᠡ᠃
sync-last-at = ᠰᠡᠭᠦᠯ ᠦᠨ ᠢᠯᠡᠭᠡᠯᠲᠡ: { $at }
sync-now = ᠣᠳᠤ ᠢᠯᠡᠭᠡᠬᠦ
