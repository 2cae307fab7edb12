# reviewed = false

# ᠭᠠᠷᠭᠠᠯᠲᠠ᠃
exchange-notes = ᠲᠠᠶᠢᠯᠪᠤᠷᠢ
exchange-title = ᠢᠲᠡᠭᠡᠮᠵᠢ ᠶᠢᠨ ᠮᠡᠳᠡᠭᠡᠨ ᠤ ᠰᠠᠩ ᠤᠨ ᠭᠠᠷᠭᠠᠯᠲᠠ
exchange-number = ᠳᠤᠭᠠᠷ: { $id }
exchange-department = ᠡᠬᠢ ᠰᠠᠯᠪᠤᠷᠢ: { $name }
exchange-recipient = ᠬᠦᠯᠢᠶᠡᠨ ᠠᠪᠤᠭᠴᠢ: { $name }
exchange-basis = ᠦᠨᠳᠦᠰᠦ: { $basis }
exchange-with-persons = ᠨᠡᠷ᠎ᠡ᠂ ᠦᠨᠡᠮᠯᠡᠯ ᠪᠠ ᠤᠲᠠᠰᠤ ᠲᠠᠢ
exchange-without-persons = ᠨᠡᠷ᠎ᠡ᠂ ᠦᠨᠡᠮᠯᠡᠯ ᠪᠠ ᠤᠲᠠᠰᠤ ᠦᠭᠡᠢ
exchange-use = ᠵᠥᠪᠬᠡᠨ ᠳᠡᠭᠡᠷᠡᠬᠢ ᠵᠣᠷᠢᠯᠭ᠎ᠠ ᠳᠤ ᠬᠡᠷᠡᠭᠯᠡᠨ᠎ᠡ᠂ ᠳᠠᠮᠵᠢᠭᠤᠯᠵᠤ ᠪᠣᠯᠬᠤ ᠦᠭᠡᠢ᠃
exchange-codes = ᠺᠣᠳ᠋ ᠢ ᠺᠣᠳ᠋ ᠤᠨ ᠬᠦᠰᠦᠨᠦᠭᠲᠦ ᠡᠴᠡ ᠦᠵᠡᠭᠡᠷᠡᠢ᠃
exchange-reading = ᠡᠨᠡ ᠳᠡᠪᠲᠡᠷ ᠢ ᠤᠩᠰᠢᠬᠤ ᠳᠤ ᠬᠡᠷᠡᠭᠯᠡᠨ᠎ᠡ᠃
exchange-code-lists = ᠺᠣᠳ᠋ ᠤᠨ ᠬᠦᠰᠦᠨᠦᠭᠲᠦ
exchange-table = ᠬᠦᠰᠦᠨᠦᠭᠲᠦ
exchange-column = ᠪᠠᠭᠠᠨ᠎ᠠ
exchange-code = ᠺᠣᠳ᠋
exchange-meaning = ᠤᠳᠬ᠎ᠠ
exchange-too-long = (ᠡᠲᠡᠭᠡᠳ ᠤᠷᠲᠤ)
exchange-order-of-devices = ᠲᠥᠬᠥᠭᠡᠷᠦᠮᠵᠢ ᠶᠢᠨ ᠳᠠᠷᠠᠭᠠᠯᠠᠯ
exchange-files = ᠳᠠᠩᠰᠠ
