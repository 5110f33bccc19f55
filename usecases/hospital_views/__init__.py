"""Hospital database views (tender B2.2): their rows are taken like HL7 messages."""
