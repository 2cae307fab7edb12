# reviewed = true

# The workbook of an export, and the progress of a restore.
exchange-notes = notes
exchange-title = Export of the special-topic database
exchange-number = Number on record: { $id }
exchange-department = Source department: { $name }
exchange-recipient = Recipient: { $name }
exchange-basis = Basis: { $basis }
exchange-with-persons = With names, numbers of documents and phones
exchange-without-persons = Without names, numbers of documents and phones
exchange-use = For the purpose of that basis alone, not to be passed on; this result is not a credit report.
exchange-codes = Codes stand in the sheet of code lists; what columns mean, their class and term in the data dictionary.
exchange-reading = This workbook is for reading; a database is restored from an export in folders.
exchange-code-lists = code lists
exchange-table = table
exchange-column = column
exchange-code = code
exchange-meaning = meaning
exchange-too-long = (too long, see the export in folders)
exchange-order-of-devices = order of the devices' lists
exchange-files = files
