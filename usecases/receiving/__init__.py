"""Taking in what scanners and PACS send."""
