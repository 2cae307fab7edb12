# reviewed = false

product-name = ᠢᠲᠡᠭᠡᠯ
product-claim = ᠵᠡᠷᠭᠡ ᠪᠦᠬᠦᠨ ᠰᠢᠯᠲᠠᠭᠠᠨ᠂ ᠠᠵᠢᠭᠯᠠᠯᠲᠠ᠂ ᠳᠦᠷᠢᠮ᠂ ᠢᠲᠡᠭᠡᠯᠲᠦ ᠴᠢᠨᠠᠷ ᠢᠶᠠᠨ ᠬᠠᠷᠠᠭᠤᠯᠤᠨ᠎ᠠ᠃
language-zh-cn = ᠬᠢᠲᠠᠳ
language-mn-mong = ᠮᠣᠩᠭᠣᠯ
language-en = ᠠᠩᠭᠯᠢ
draft-translation = ᠨᠣᠭᠣᠷᠤᠭ ᠣᠷᠴᠢᠭᠤᠯᠭ᠎ᠠ
synthetic-data = ᠵᠢᠰᠢᠶ᠎ᠡ: ᠪᠦᠬᠦ ᠨᠡᠷ᠎ᠡ᠂ ᠭᠠᠵᠠᠷ᠂ ᠲᠣᠭ᠎ᠠ ᠵᠣᠬᠢᠶᠠᠭᠳᠠᠭᠰᠠᠨ ᠪᠣᠯᠤᠨ᠎ᠠ᠃
answer-yes = ᠲᠡᠶᠢᠮᠦ
answer-no = ᠦᠭᠡᠢ
not-known = ᠮᠡᠳᠡᠭᠳᠡᠬᠦ ᠦᠭᠡᠢ
