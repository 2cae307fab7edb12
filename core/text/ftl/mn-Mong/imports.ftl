# reviewed = false

import-rows = ᠪᠢᠴᠢᠬᠦ
import-notes = ᠲᠠᠶᠢᠯᠪᠤᠷᠢ
import-report-row = ᠤᠭ ᠮᠥᠷ
import-report-fault = ᠠᠰᠠᠭᠤᠳᠠᠯ ᠪᠠ ᠰᠢᠢᠳᠪᠦᠷᠢ
import-note-head = ᠪᠠᠭᠠᠨ᠎ᠠ
import-note-required = ᠵᠠᠪᠠᠯ ᠪᠢᠴᠢᠬᠦ
import-note-meaning = ᠶᠠᠭᠤ ᠪᠢᠴᠢᠬᠦ
import-note-example = ᠵᠢᠱᠢᠶ᠎ᠡ
import-note-also = ᠪᠠᠰᠠ ᠪᠢᠴᠢᠵᠦ ᠪᠣᠯᠤᠨ᠎ᠠ
