# reviewed = true

import-rows = Rows
import-notes = Notes
import-report-row = Original row
import-report-fault = Problem and way out
import-note-head = Column
import-note-required = Required
import-note-meaning = What to write
import-note-example = Example
import-note-also = Also understood
